mod doing;
mod finding;
mod pointing;
mod rig;
mod safety;
mod views;
