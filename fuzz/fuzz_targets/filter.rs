#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscope_fuzz::filter(data));
