mod asking;
mod doing;
mod finding;
mod pointing;
mod recorded;
mod rig;
mod safety;
mod views;
