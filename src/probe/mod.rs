<<<<<<< HEAD
//! One model alone.

pub mod platform;
=======
//! One model alone, on the real engine: what a part does before it is put into a data centre.

pub mod queue;
>>>>>>> stats
