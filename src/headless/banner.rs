//! What is said when the proxy starts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use super::Paint;
use crate::explain::bad_upstream_words;
use crate::model::{BadUpstream, Target};

/// Everything a person needs to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// Where the proxy listens.
    pub addresses: Vec<SocketAddr>,
    /// Where it listens for one target each, and for which.
    pub reversed: Vec<(SocketAddr, Target)>,
    /// This machine's address in its network, when it has one.
    pub own_address: Option<IpAddr>,
    /// What clients of bad servers are given, and of which hosts; of all the others where none are named.
    pub policies: Vec<(BadUpstream, Option<String>)>,
    /// Who may use it beside this machine.
    pub allowed: Vec<String>,
    /// The CA's name.
    pub ca_name: String,
    /// Whether it was made just now.
    pub ca_is_new: bool,
    /// The CA certificate's file.
    pub ca_file: PathBuf,
    /// The session file.
    pub session: Option<PathBuf>,
    /// The lab's example host, when the lab runs.
    pub lab_host: Option<String>,
    /// What its owner should know.
    pub warnings: Vec<String>,
}

impl Banner {
    /// The proxy's port.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// Where a client on this machine finds the proxy.
    pub fn local_address(&self) -> SocketAddr {
        let loopback = self.addresses.iter().find(|address| address.ip().is_loopback());
        let any_at_all = self.addresses.iter().any(|address| address.ip().is_unspecified());
        // One address that is not this machine's loopback is the one to go to.
        let loopback = loopback.or_else(|| self.addresses.first().filter(|_| !any_at_all));
        let only_v6 = !self.addresses.is_empty() && self.addresses.iter().all(SocketAddr::is_ipv6);
        let any: IpAddr = if only_v6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        loopback.copied().unwrap_or_else(|| SocketAddr::new(any, self.port()))
    }

    /// The proxy as a client on this machine names it.
    pub fn local(&self) -> String {
        self.local_address().to_string()
    }

    /// The proxy as a device on the same network names it; `None` when it cannot reach it.
    pub fn remote(&self) -> Option<SocketAddr> {
        let reachable = |own: &IpAddr| {
            self.addresses.iter().any(|address| {
                address.is_ipv4() == own.is_ipv4() && (address.ip().is_unspecified() || address.ip() == *own)
            })
        };
        self.own_address.filter(reachable).map(|own| SocketAddr::new(own, self.port()))
    }

    /// A command to paste.
    pub fn curl(&self) -> String {
        let host = self.lab_host.as_deref().unwrap_or("example.com");
        format!(
            "curl --proxy http://{} --cacert {} https://{host}/",
            self.local(),
            quoted(&self.ca_file.to_string_lossy())
        )
    }

    /// Where it listens, in short.
    pub fn title(&self) -> String {
        match self.addresses.first() {
            Some(address) if address.ip().is_unspecified() => format!(":{}", address.port()),
            Some(address) => address.to_string(),
            None => String::new(),
        }
    }

    /// What a person needs to begin: labels and values.
    pub fn entries(&self) -> Vec<(String, String)> {
        let made = if self.ca_is_new { ", made just now" } else { "" };
        let mut entries = vec![("try", self.curl())];
        if self.lab_host.is_some() {
            let all = format!("tlscope lab --drive {}", self.local());
            entries.push(("try all", format!("{all}   (a client to each of the lab's servers)")));
        }
        entries.extend(self.reverse_ports().into_iter().map(|port| ("reverse", port)));
        entries.extend(self.remote().map(|remote| ("devices", self.device_steps(remote))));
        entries.push(("CA", format!("{}{made}: {}", self.ca_name, self.ca_file.display())));
        entries.extend(self.session.as_ref().map(|session| ("session", session.display().to_string())));
        entries.extend(self.policy_lines().into_iter().map(|line| ("policy", line)));
        entries.extend(self.warnings.iter().map(|warning| ("warning", warning.clone())));
        entries.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    /// The ports that lead to one target, those for the same target together.
    fn reverse_ports(&self) -> Vec<String> {
        let ports = self.reversed.chunk_by(|(_, one), (_, next)| one == next);
        let line = |ports: &[(SocketAddr, Target)]| {
            let addresses: Vec<String> = ports.iter().map(|(address, _)| address.to_string()).collect();
            Some(format!("all that comes to {} goes to {}", addresses.join(" and "), ports.first()?.1))
        };
        ports.filter_map(line).collect()
    }

    /// What the app itself is kept from doing has to be known.
    fn policy_lines(&self) -> Vec<String> {
        let has_named = self.policies.iter().any(|(_, hosts)| hosts.is_some());
        let line = |(policy, hosts): &(BadUpstream, Option<String>)| {
            let hosts = match hosts {
                Some(hosts) => format!(" for {hosts}"),
                None if has_named => " for all others".to_owned(),
                None => String::new(),
            };
            format!("{}{hosts}: {}", policy.word(), bad_upstream_words(*policy))
        };
        self.policies.iter().map(line).collect()
    }

    fn device_steps(&self, remote: SocketAddr) -> String {
        if self.allowed.is_empty() {
            let allow = format!("--allow {}/{}", remote.ip(), if remote.is_ipv4() { 24 } else { 64 });
            return format!(
                "open http://{remote}/ on them: it has the steps; they are let in on the screen, or by {allow}"
            );
        }
        let allowed = self.allowed.join(", ");
        format!("open http://{remote}/ on them: it has the steps; served: this machine, {allowed}")
    }

    /// The lines.
    pub fn text(&self, paint: Paint) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        let name = paint.bold(&format!("tlscope {}", env!("CARGO_PKG_VERSION")));
        let mut out = format!("{name} listens on {}\n", addresses.join(" and "));
        for (label, value) in self.entries() {
            out.push_str(&format!("  {} {value}\n", paint.dim(&format!("{label:<9}"))));
        }
        out
    }
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banner(addresses: &[&str], own: Option<&str>) -> Banner {
        Banner {
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            reversed: Vec::new(),
            own_address: own.map(|own| own.parse().unwrap()),
            policies: vec![(BadUpstream::Pass, None)],
            allowed: Vec::new(),
            ca_name: "tlscope CA 0a1b2c3d".into(),
            ca_is_new: true,
            ca_file: "/home/me/my files/ca.pem".into(),
            session: Some("/home/me/sessions/1.tlscope".into()),
            lab_host: None,
            warnings: vec!["the CA ends in 30 days".into()],
        }
    }

    #[test]
    fn addresses_are_those_a_client_can_use() {
        let cases = [
            (&["0.0.0.0:8080", "[::]:8080"][..], Some("192.168.1.2"), "127.0.0.1:8080", Some("192.168.1.2:8080")),
            (&["127.0.0.1:9000"][..], Some("192.168.1.2"), "127.0.0.1:9000", None),
            (&["[::]:1"][..], None, "[::1]:1", None),
        ];
        for (addresses, own, local, remote) in cases {
            let banner = banner(addresses, own);
            assert_eq!(banner.local(), local);
            assert_eq!(banner.remote(), remote.map(|remote| remote.parse().unwrap()));
        }
    }

    #[test]
    fn ports_for_one_target_stand_together() {
        let reversed =
            [("0.0.0.0:8883", "broker.test:8883"), ("[::]:8883", "broker.test:8883"), ("127.0.0.1:25", "192.0.2.1:25")];
        let reversed = reversed.map(|(address, target)| (address.parse().unwrap(), target.parse().unwrap())).to_vec();
        let banner = Banner { reversed, ..banner(&["127.0.0.1:8080"], None) };
        let lines = [
            "all that comes to 0.0.0.0:8883 and [::]:8883 goes to broker.test:8883",
            "all that comes to 127.0.0.1:25 goes to 192.0.2.1:25",
        ];
        assert_eq!(banner.reverse_ports(), lines);
    }

    #[test]
    fn what_is_done_about_bad_servers_is_said_for_each_kind_of_host() {
        let policies = vec![
            (BadUpstream::Mirror, Some("*.app.test".to_owned())),
            (BadUpstream::Refuse, Some("bank.test:8443".to_owned())),
            (BadUpstream::Pass, None),
        ];
        let banner = Banner { policies, ..banner(&["127.0.0.1:8080"], None) };
        insta::assert_snapshot!(banner.policy_lines().join("\n"));
    }

    #[test]
    fn says_what_to_do() {
        insta::assert_snapshot!(banner(&["0.0.0.0:8080", "[::]:8080"], Some("192.168.1.2")).text(Paint::default()));
    }
}
