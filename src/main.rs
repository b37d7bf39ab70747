//! The `sdcsim` program.

fn main() -> std::process::ExitCode {
    sdcsim::cli::main()
}
