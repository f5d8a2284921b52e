//! Numbers as people read them.

/// A size in bytes, in at most four characters up to a terabyte: `812`, `1.2k`, `3.1M`.
pub fn size(bytes: u64) -> String {
    scaled(bytes, 1024.0)
}

/// A count, likewise: `812`, `1.2k`, `3.1M`.
pub fn count(n: u64) -> String {
    scaled(n, 1000.0)
}

fn scaled(n: u64, step: f64) -> String {
    if (n as f64) < step {
        return n.to_string();
    }
    let mut value = n as f64;
    for unit in ["k", "M", "G", "T"] {
        value /= step;
        if value < 9.95 {
            return format!("{value:.1}{unit}");
        }
        if value < 999.5 {
            return format!("{value:.0}{unit}");
        }
    }
    format!("{:.0}P", value / step)
}

/// Milliseconds for a narrow column: `0.4`, `84`, `12.5s`, `3m`.
pub fn milliseconds(ms: f64) -> String {
    match ms {
        _ if ms < 10.0 => format!("{ms:.1}"),
        _ if ms < 10_000.0 => format!("{ms:.0}"),
        _ if ms < 100_000.0 => format!("{:.1}s", ms / 1000.0),
        _ => format!("{:.0}m", ms / 60_000.0),
    }
}

/// A number of seconds as a clock: `00:12:41`.
pub fn duration(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit_their_column() {
        let cases = [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0k"),
            (10_188, "9.9k"),
            (10_200, "10k"),
            (3_250_586, "3.1M"),
            (1 << 30, "1.0G"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(count(1000), "1.0k");
        assert!(size(u64::MAX).ends_with('P'));
    }

    #[test]
    fn times_fit_theirs() {
        assert_eq!(milliseconds(0.42), "0.4");
        assert_eq!(milliseconds(84.4), "84");
        assert_eq!(milliseconds(12_480.0), "12.5s");
        assert_eq!(milliseconds(180_000.0), "3m");
        assert_eq!(duration(761), "00:12:41");
    }
}
