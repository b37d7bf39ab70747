//! Result files, the comparison made of them, and the page.

mod files;
mod fixture;
mod made;
