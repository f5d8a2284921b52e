//! `tlscope audit`: clients that check what they are shown, and clients that do not.

mod catalogue;
mod clients;
mod command;
mod manual;
mod people;
