//! `--upstream-proxy` and `--no-proxy`: whether a server is reached through a proxy, and which.

use std::fmt;
use std::str::FromStr;

use super::address::{is_local, literal};
use super::cidr::Cidr;
use super::secret::Secret;
use crate::model::{Host, HostError, Target};

/// How a proxy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyScheme {
    /// CONNECT; the proxy resolves names.
    Http,
    /// SOCKS version 5, asked for addresses: names are resolved here.
    Socks5,
    /// SOCKS version 5; the proxy resolves names.
    Socks5h,
}

impl ProxyScheme {
    /// As it stands in a URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    fn default_port(self) -> u16 {
        if self == Self::Http { 80 } else { 1080 }
    }
}

/// A user and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub user: String,
    /// May be empty.
    pub password: Secret,
}

/// A proxy: `http://user:password@proxy.example:3128`. Written without its login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamProxy {
    /// How it is asked.
    pub scheme: ProxyScheme,
    /// Where it is.
    pub place: Target,
    /// How it knows us.
    pub login: Option<Login>,
}

/// Why a text names no proxy. The login is never part of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// A scheme that cannot be used.
    #[error("{0:?} is no kind of proxy that can be used: there are http, socks5 and socks5h")]
    Scheme(String),
    /// TLS towards the proxy itself.
    #[error("a proxy is not reached over TLS: if it also listens without, name it as http://")]
    Https,
    /// No host, or no port.
    #[error(transparent)]
    Place(#[from] HostError),
    /// There is more behind the port than a slash.
    #[error("a proxy has no path: {0:?}")]
    Path(String),
    /// `%` without two hexadecimal digits, or no UTF-8.
    #[error("the login is not percent-encoded: write % as %25, : as %3A, @ as %40 and / as %2F")]
    Login,
    /// RFC 1929 has one byte for the length.
    #[error("SOCKS takes 1 to 255 bytes of user name and 255 of password")]
    LoginLength,
}

impl UpstreamProxy {
    /// Whether the proxy is given names, and looks them up itself.
    pub fn resolves_names(&self) -> bool {
        self.scheme != ProxyScheme::Socks5
    }
}

impl fmt::Display for UpstreamProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.word(), self.place)
    }
}

impl FromStr for UpstreamProxy {
    type Err = ProxyUrlError;

    fn from_str(text: &str) -> Result<Self, ProxyUrlError> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => ProxyScheme::Http,
            "socks5" => ProxyScheme::Socks5,
            "socks5h" => ProxyScheme::Socks5h,
            "https" => return Err(ProxyUrlError::Https),
            other => return Err(ProxyUrlError::Scheme(other.to_owned())),
        };
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let (place, path) = place.split_once('/').unwrap_or((place, ""));
        if !path.is_empty() {
            return Err(ProxyUrlError::Path(path.to_owned()));
        }
        let place = Target::parse(place, Some(scheme.default_port()))?;
        let login = login.map(read_login).transpose()?;
        let fits = |login: &Login| (1..=255).contains(&login.user.len()) && login.password.reveal().len() <= 255;
        if scheme != ProxyScheme::Http && login.as_ref().is_some_and(|login| !fits(login)) {
            return Err(ProxyUrlError::LoginLength);
        }
        Ok(Self { scheme, place, login })
    }
}

fn read_login(text: &str) -> Result<Login, ProxyUrlError> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let (user, password) = (percent_decoded(user), percent_decoded(password));
    let (Some(user), Some(password)) = (user, password) else { return Err(ProxyUrlError::Login) };
    Ok(Login { user, password: Secret::new(password) })
}

/// RFC 3986 section 2.1.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// The targets that are reached without the proxy: a list as in `NO_PROXY`, read as Go reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Exception>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// The name, and everything below it.
    Suffix(String),
    /// Only what is below it.
    Below(String),
    Block(Cidr),
}

/// A word of the list that names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no exception such as example.com, .example.com, 10.0.0.0/8, [::1]:8443 or *")]
pub struct NoProxyError(String);

impl NoProxy {
    /// Whether the list names the target.
    pub fn names(&self, target: &Target) -> bool {
        self.0.iter().any(|exception| exception.names(target))
    }
}

impl Exception {
    fn names(&self, target: &Target) -> bool {
        let below = |domain: &str| {
            target.host.name().and_then(|name| name.strip_suffix(domain)).is_some_and(|head| head.ends_with('.'))
        };
        self.port.is_none_or(|port| port == target.port)
            && match &self.hosts {
                Hosts::All => true,
                Hosts::Suffix(domain) => target.host.name() == Some(domain) || below(domain),
                Hosts::Below(domain) => below(domain),
                Hosts::Block(block) => target.host.ip().is_some_and(|ip| block.contains(ip)),
            }
    }

    fn read(word: &str) -> Option<Self> {
        if let Ok(block) = word.parse::<Cidr>() {
            return Some(Self { hosts: Hosts::Block(block), port: None });
        }
        let (host, port) = match word.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (word, None),
        };
        let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        let hosts = match (host, below) {
            ("*", _) => Hosts::All,
            (_, Some(domain)) => Hosts::Below(Host::parse(domain).ok()?.name()?.to_owned()),
            (host, None) => match Host::parse(host).ok()? {
                Host::Ip(ip) => Hosts::Block(Cidr::single(ip)),
                Host::Name(name) if name.contains('*') => return None,
                Host::Name(name) => Hosts::Suffix(name),
            },
        };
        Some(Self { hosts, port })
    }
}

impl FromStr for NoProxy {
    type Err = NoProxyError;

    fn from_str(text: &str) -> Result<Self, NoProxyError> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        words
            .map(|word| Exception::read(word).ok_or_else(|| NoProxyError(word.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Whether the target is on this machine or its link by its name alone: no proxy is asked for it, since
/// it would mean its own.
pub(super) fn is_here(target: &Target) -> bool {
    literal(&target.host).is_some_and(is_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<UpstreamProxy, ProxyUrlError> {
        text.parse()
    }

    #[test]
    fn proxies_are_read_with_their_defaults() {
        let cases = [
            ("http://proxy.test:3128", "http://proxy.test:3128"),
            ("proxy.test:3128", "http://proxy.test:3128"),
            ("http://Proxy.test/", "http://proxy.test:80"),
            ("socks5://[::1]", "socks5://[::1]:1080"),
            ("SOCKS5H://10.0.0.1:9050", "socks5h://10.0.0.1:9050"),
        ];
        for (text, proxy) in cases {
            assert_eq!(read(text).unwrap().to_string(), proxy, "{text}");
        }
        assert!(!read("socks5://a").unwrap().resolves_names() && read("socks5h://a").unwrap().resolves_names());
    }

    #[test]
    fn logins_are_decoded_and_never_shown() {
        let proxy = read("http://me%40corp:p%3Ass%2Fw@rd@proxy.test:3128").unwrap();
        let login = proxy.login.clone().unwrap();
        assert_eq!((login.user.as_str(), login.password.reveal()), ("me@corp", "p:ss/w@rd"));
        let shown = format!("{proxy} {proxy:?}");
        assert!(!shown.contains("p:ss"), "{shown}");
        assert_eq!(read("http://me@proxy.test").unwrap().login.unwrap().password.reveal(), "");
    }

    #[test]
    fn what_is_no_proxy_is_told_without_its_login() {
        let long = format!("socks5://{}:x@proxy.test", "u".repeat(256));
        let cases = [
            ("https://me:secret@proxy.test", ProxyUrlError::Https),
            ("socks4://me:secret@proxy.test", ProxyUrlError::Scheme("socks4".into())),
            ("http://me:secret@", ProxyUrlError::Place(HostError::Empty)),
            ("http://me:secret@proxy.test:x", ProxyUrlError::Place(HostError::BadPort("proxy.test:x".into()))),
            ("http://me:secret@proxy.test/path", ProxyUrlError::Path("path".into())),
            ("http://me:secret%2@proxy.test", ProxyUrlError::Login),
            ("http://me:secret%+1@proxy.test", ProxyUrlError::Login),
            ("socks5://:secret@proxy.test", ProxyUrlError::LoginLength),
            (long.as_str(), ProxyUrlError::LoginLength),
        ];
        for (text, error) in cases {
            let got = read(text).unwrap_err();
            assert!(!got.to_string().contains("secret"), "{got}");
            assert_eq!(got, error, "{text}");
        }
    }

    #[test]
    fn exceptions_are_those_of_go() {
        let cases = [
            ("*", "a.test:443", true),
            ("", "a.test:443", false),
            ("example.com", "example.com:443", true),
            ("example.com", "www.example.com:443", true),
            ("example.com", "notexample.com:443", false),
            (".example.com", "www.example.com:443", true),
            (".example.com", "example.com:443", false),
            ("*.example.com", "www.example.com:443", true),
            ("Example.COM", "example.com:443", true),
            ("example.com:8443", "example.com:443", false),
            ("example.com:8443", "example.com:8443", true),
            ("10.0.0.0/8", "10.1.2.3:443", true),
            ("10.0.0.0/8", "11.1.2.3:443", false),
            ("10.0.0.0/8", "10.example:443", false),
            ("192.0.2.1", "192.0.2.1:443", true),
            ("192.0.2.1:80", "192.0.2.1:443", false),
            ("2001:db8::/32", "[2001:db8::1]:443", true),
            ("2001:db8::1", "[2001:db8::1]:443", true),
            ("[2001:db8::1]:443", "[2001:db8::1]:443", true),
            ("a.test, b.test c.test", "c.test:443", true),
        ];
        for (list, target, expected) in cases {
            let target: Target = target.parse().unwrap();
            assert_eq!(list.parse::<NoProxy>().unwrap().names(&target), expected, "{list:?} {target}");
        }
        for bad in ["a b.*.c", "http://a.test", "a.test:https", "10.0.0.0/33", "."] {
            assert!(bad.parse::<NoProxy>().is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_no_proxys_business() {
        for here in ["localhost:1", "a.localhost:1", "127.0.0.1:1", "[::1]:1", "169.254.1.1:1", "127.1:1", "0x7f.1:1"] {
            assert!(is_here(&here.parse().unwrap()), "{here}");
        }
        for there in ["a.test:1", "10.0.0.1:1", "localhost.example:1", "1.2.3.4.5:1"] {
            assert!(!is_here(&there.parse().unwrap()), "{there}");
        }
    }
}
