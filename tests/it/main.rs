//! Tests of several rooms together, in one binary.

mod signatures;
