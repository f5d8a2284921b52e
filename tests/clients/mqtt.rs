//! MQTT over TLS, through SOCKS: a protocol that tlscope only counts and guesses at.

use std::process::Command;

use serde_json::json;

use crate::harness::{Scene, is_intercepted};
use crate::needs::needs;
use crate::origins;
use crate::process::{command, run};

/// One of mosquitto's clients, about one topic.
fn client(scene: &Scene, program: &str) -> Command {
    let mut client = command(program);
    client.args(["-h", "broker.test", "-p", "8883", "-t", "topic", "-q", "1", "--cafile"]).arg(scene.ca());
    client.args(["--proxy", &scene.proxy("socks5h")]);
    client
}

#[test]
fn publish_and_subscribe() {
    needs!("mosquitto", "mosquitto_pub", "mosquitto_sub", "openssl");
    let scene = Scene::of(origins::mosquitto);
    run(client(&scene, "mosquitto_pub").args(["--retain", "-m", "a message"])).well();
    let heard = run(client(&scene, "mosquitto_sub").args(["-C", "1", "-W", "60"])).well();
    assert_eq!(heard.text(), "a message\n");
    let recording = scene.recording();
    assert_eq!(recording.connections().len(), 2);
    for connection in recording.connections() {
        is_intercepted(connection, "raw");
        connection.has(&json!({"intake": "socks5", "target": "broker.test:8883", "raw_guess": "mqtt"}));
        assert!(connection.at("/bytes_up").as_u64() > Some(20) && connection.at("/bytes_down").as_u64() > Some(4));
    }
}
