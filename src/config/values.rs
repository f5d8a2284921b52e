//! Values as people write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;

use crate::model::RootSetName;
use crate::proxy::{Password, PasswordError, Reverse};
use crate::tui::column_names;

/// A text that is no such value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}")]
pub struct ValueError {
    text: String,
    what: &'static str,
}

fn bad(text: &str, what: &'static str) -> ValueError {
    ValueError { text: text.to_owned(), what }
}

/// Where to listen: `8080` and `:8080` mean every address, `localhost:8080` both loopbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen(pub Vec<SocketAddr>);

impl FromStr for Listen {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self(vec![address]));
        }
        let error = || bad(text, "address and port, such as 127.0.0.1:8080, [::1]:8080 or 8080");
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let port = port.parse().map_err(|_| error())?;
        let both: [IpAddr; 2] = match host {
            "" => [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
            "localhost" => [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            _ => return Err(error()),
        };
        Ok(Self(both.map(|ip| SocketAddr::new(ip, port)).to_vec()))
    }
}

/// A name and a password, or `@FILE` for a file that holds them on its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProxyPassword(pub(super) Password);

impl FromStr for ProxyPassword {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('@') else {
            return text.parse().map(Self).map_err(|error: PasswordError| error.to_string());
        };
        let held = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let line = held.lines().next().unwrap_or_default();
        line.parse().map(Self).map_err(|error: PasswordError| format!("{path}: {error}"))
    }
}

/// A port that leads to one target: `8883=broker.example.com:8883`, with the address as for `--listen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReverseRule(pub(super) Reverse);

impl FromStr for ReverseRule {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let error = || bad(text, "address and target, such as 8883=broker.example.com:8883 or [::1]:25=192.0.2.1:25");
        let (listen, target) = text.split_once('=').ok_or_else(error)?;
        let Listen(listen) = listen.parse().map_err(|_| error())?;
        Ok(Self(Reverse { listen, target: target.parse().map_err(|_| error())? }))
    }
}

/// A length of time: `300ms`, `8s`, `10m`, `1h`; a bare number means seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (number, unit) = number_and_unit(text);
        let ms_per_unit = match unit {
            "ms" => 1.0,
            "" | "s" => 1000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return Err(bad(text, "length of time, such as 300ms, 8s or 10m")),
        };
        let ms = number.parse::<f64>().ok().map(|number| number * ms_per_unit);
        // A year is longer than any wait, and no number below it overflows.
        let ms = ms.filter(|ms| (0.0..=31_536_000_000.0).contains(ms));
        let ms = ms.ok_or_else(|| bad(text, "length of time, such as 300ms, 8s or 10m"))?;
        Ok(Self(Duration::from_micros((ms * 1000.0) as u64)))
    }
}

/// A size in bytes: `500`, `64k`, `2M`, `1G`, in steps of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub usize);

impl FromStr for Size {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (number, unit) = number_and_unit(text);
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            _ => return Err(bad(text, "size, such as 64k, 2M or 1G")),
        };
        let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
        bytes.map(Self).ok_or_else(|| bad(text, "size, such as 64k, 2M or 1G"))
    }
}

fn number_and_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    (number, unit.trim())
}

/// Root sets in the order in which they are reported: `mozilla,system`, or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots(pub Vec<RootSetName>);

impl FromStr for Roots {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let mut sets = Vec::new();
        for word in text.split(',').map(str::trim) {
            let set = match word {
                "mozilla" => RootSetName::Mozilla,
                "system" => RootSetName::System,
                _ => return Err(bad(word, "root set (mozilla, system, none; --root-file adds files)")),
            };
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
        Ok(Self(sets))
    }
}

/// Whether words have colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl FromStr for Colour {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        <Self as ValueEnum>::from_str(text, true).map_err(|_| bad(text, "choice of auto, always, never"))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        })
    }
}

/// The name of a column of the screen's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnName(pub String);

impl FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = column_names().any(|name| name == text);
        let names = || column_names().collect::<Vec<_>>().join(", ");
        known.then(|| Self(text.to_owned())).ok_or_else(|| format!("{text:?} is no column; there are {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> Vec<String> {
        text.parse::<Listen>().unwrap().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn addresses_are_read() {
        assert_eq!(listen("127.0.0.1:1"), ["127.0.0.1:1"]);
        assert_eq!(listen("[::1]:1"), ["[::1]:1"]);
        for both in ["8080", ":8080"] {
            assert_eq!(listen(both), ["0.0.0.0:8080", "[::]:8080"]);
        }
        assert_eq!(listen("localhost:0"), ["127.0.0.1:0", "[::1]:0"]);
        for bad in ["", ":", "127.0.0.1", "example.com:80", "65536", "::1:80x"] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ports_that_lead_to_a_target_are_read() {
        let read = |text: &str| {
            let ReverseRule(Reverse { listen, target }) = text.parse().unwrap();
            let listen: Vec<String> = listen.iter().map(ToString::to_string).collect();
            format!("{} to {target}", listen.join(" "))
        };
        assert_eq!(read("8883=Broker.test:8883"), "0.0.0.0:8883 [::]:8883 to broker.test:8883");
        assert_eq!(read("[::1]:25=[2001:db8::1]:25"), "[::1]:25 to [2001:db8::1]:25");
        assert_eq!(read("127.0.0.1:0=192.0.2.1:3306"), "127.0.0.1:0 to 192.0.2.1:3306");
        for bad in ["", "8883", "8883=", "=a.test:1", "8883=a.test", "8883=a.test:0", "a.test:1=a.test:1", "1=a:b:c"] {
            let error = bad.parse::<ReverseRule>().unwrap_err().to_string();
            assert!(error.contains("8883=broker.example.com:8883"), "{bad}: {error}");
        }
    }

    #[test]
    fn times_and_sizes_are_read() {
        for (text, ms) in
            [("300ms", 300), ("8s", 8000), ("1.5s", 1500), ("10m", 600_000), ("2", 2000), ("1h", 3_600_000)]
        {
            assert_eq!(text.parse::<Span>().unwrap().0, Duration::from_millis(ms), "{text}");
        }
        for (text, bytes) in [("0", 0), ("64k", 65_536), ("2M", 2 << 20), ("1 GiB", 1 << 30)] {
            assert_eq!(text.parse::<Size>().unwrap().0, bytes, "{text}");
        }
        for bad in ["", "s", "-1s", "8 fortnights", "99999999h"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        for bad in ["", "M", "1.5M", "-1", "99999999999999G"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn root_sets_are_read() {
        assert_eq!("system,mozilla,system".parse(), Ok(Roots(vec![RootSetName::System, RootSetName::Mozilla])));
        assert_eq!("none".parse(), Ok(Roots(vec![])));
        let error = "mozila".parse::<Roots>().unwrap_err().to_string();
        assert!(error.contains("mozila") && error.contains("--root-file"), "{error}");
    }
}
