//! The servers: programs that others wrote, on ports of 127.0.0.1.

use std::fs;
use std::net::{Ipv6Addr, TcpListener};
use std::path::Path;

use crate::harness::{Ground, Key, script};
use crate::needs::python;
use crate::process::{Running, command};

/// More ports than these are not taken from under us.
const ATTEMPTS: usize = 5;

/// A server that runs.
pub(crate) struct Origin {
    _server: Running,
    /// The ports that clients know, and those that the server has.
    pub(crate) ports: Vec<(u16, u16)>,
}

impl Origin {
    /// A server with those ports.
    pub(crate) fn new(server: Running, ports: Vec<(u16, u16)>) -> Self {
        Self { _server: server, ports }
    }
}

/// What a file of nginx's holds.
pub(crate) const HELLO: &str = "Hello from the origin.\n";

/// How many resources its page has.
pub(crate) const RESOURCES: usize = 50;

/// nginx with TLS, HTTP/2 and plain HTTP, for the names below: files, and `/put/` to put more.
pub(crate) fn nginx(ground: &Ground) -> Origin {
    ground.leaf(Key::P256, "DNS:site.test,DNS:other.test,DNS:xn--bcher-kva.test,IP:::1");
    write_site(&ground.path("www"));
    fs::write(ground.path("mime.types"), "types { text/html html; text/plain txt; image/svg+xml svg; }").unwrap();
    starting(|| {
        let ports = [free_port(), free_port()];
        fs::write(ground.path("nginx.conf"), nginx_conf(ports)).unwrap();
        let mut nginx = command("nginx");
        nginx.arg("-p").arg(ground.path("")).args(["-c", "nginx.conf", "-e", "stderr"]);
        let mut server = Running::start(&mut nginx, ground.path("nginx.log"));
        let ports = vec![(443, ports[0]), (80, ports[1])];
        // Said once the ports are bound.
        if server.says("getrlimit(") { Ok(Origin { _server: server, ports }) } else { Err(server.said()) }
    })
}

fn write_site(root: &Path) {
    fs::create_dir_all(root.join("put")).unwrap();
    let resources = 0..RESOURCES;
    let page: String = resources.clone().map(|n| format!("<img src=\"{n}.svg\">")).collect();
    fs::write(root.join("page.html"), format!("<!doctype html><link rel=icon href=\"data:,\">{page}")).unwrap();
    fs::write(root.join("hello.txt"), HELLO).unwrap();
    fs::write(root.join("long.txt"), HELLO.repeat(1000)).unwrap();
    for n in resources {
        fs::write(root.join(format!("{n}.svg")), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    }
}

/// One process in the foreground, which writes nowhere but below its prefix.
fn nginx_conf([tls, plain]: [u16; 2]) -> String {
    let on_ipv6 = if has_ipv6() { format!("listen [::1]:{tls} ssl http2;") } else { String::new() };
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    include mime.types;
    client_body_temp_path tmp_body;
    proxy_temp_path tmp_proxy;
    fastcgi_temp_path tmp_fastcgi;
    uwsgi_temp_path tmp_uwsgi;
    scgi_temp_path tmp_scgi;
    ssl_certificate leaf.pem;
    ssl_certificate_key leaf.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 127.0.0.1:{tls} ssl http2;
        {on_ipv6}
        listen 127.0.0.1:{plain};
        root www;
        location /put/ {{
            dav_methods PUT;
            client_max_body_size 0;
        }}
        location /zipped/ {{
            alias www/;
            gzip on;
            gzip_types text/plain;
        }}
        location /nothing {{ return 204; }}
        location /narrow/ {{ client_max_body_size 1k; }}
        large_client_header_buffers 4 128k;
    }}
}}
"
    )
}

/// Whether this machine has an IPv6 loopback.
pub(crate) fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// `openssl s_server`, which answers one request with its status page.
pub(crate) fn s_server(ground: &Ground, key: Key, args: &[&str]) -> Origin {
    let [cert, key] = ground.leaf(key, "DNS:old.test");
    let mut server = command("openssl");
    server.current_dir(ground.path(""));
    server.args(["s_server", "-www", "-accept", "127.0.0.1:0"]).arg("-cert").arg(cert).arg("-key").arg(key).args(args);
    let mut server = Running::start(&mut server, ground.path("server.log"));
    let port = server.port_after("ACCEPT 127.0.0.1:");
    Origin { _server: server, ports: vec![(443, port)] }
}

/// A server in Python, which is told its certificate and key.
pub(crate) fn in_python(ground: &Ground, name: &str) -> Origin {
    let mut server = command(python());
    server.arg("-u").arg(script(name)).args(ground.leaf(Key::P256, "DNS:site.test"));
    let mut server = Running::start(&mut server, ground.path("server.log"));
    let port = server.port_after("listens on ");
    Origin { _server: server, ports: vec![(443, port)] }
}

/// A broker of MQTT over TLS.
pub(crate) fn mosquitto(ground: &Ground) -> Origin {
    let [cert, key] = ground.leaf(Key::P256, "DNS:broker.test");
    let [cert, key] = [cert.display(), key.display()];
    starting(|| {
        let port = free_port();
        let config = ground.path("mosquitto.conf");
        let listener = format!("listener {port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\nallow_anonymous true\n");
        // Started by root it would become somebody who cannot read the key.
        fs::write(&config, format!("user root\n{listener}")).unwrap();
        let mut mosquitto = command("mosquitto");
        mosquitto.arg("-v").arg("-c").arg(config);
        let mut server = Running::start(&mut mosquitto, ground.path("mosquitto.log"));
        let ports = vec![(8883, port)];
        if server.says(" running\n") { Ok(Origin { _server: server, ports }) } else { Err(server.said()) }
    })
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server that takes its port from us; anew where somebody else was quicker.
pub(crate) fn starting<T>(mut start: impl FnMut() -> Result<T, String>) -> T {
    let mut said = String::new();
    for _ in 0..ATTEMPTS {
        match start() {
            Ok(origin) => return origin,
            Err(reason) => said = reason,
        }
    }
    panic!("the server does not start: {said}");
}
