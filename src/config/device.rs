//! The command line of `tlscope device` for Android.

use std::path::PathBuf;

use clap::Args;

use super::command::RunArgs;
use super::values::Span;

/// `tlscope device android`: a run with a device attached.
#[derive(Args, Clone, Debug)]
pub struct AndroidArgs {
    /// Which device, and how it is reached.
    #[command(flatten)]
    pub android: AndroidOptions,
    /// Those of a run.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Which device, and how it is reached.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Android")]
pub struct AndroidOptions {
    /// The device, by the serial number that `adb devices` lists [default: ANDROID_SERIAL, or the only one]
    #[arg(long, value_name = "SERIAL")]
    pub serial: Option<String>,
    /// How adb is called.
    #[command(flatten)]
    pub adb: AdbOptions,
    /// Lead the device through the cable, with adb reverse [default: where it shares no network with this machine]
    #[arg(long, conflicts_with = "network")]
    pub cable: bool,
    /// Lead the device through the network, whether it seems to share one or not
    #[arg(long)]
    pub network: bool,
    /// Do not push the CA certificate: it is installed already
    #[arg(long)]
    pub no_certificate: bool,
}

/// How adb is called.
#[derive(Args, Clone, Debug)]
pub struct AdbOptions {
    /// The adb program [default: on PATH, then below ANDROID_HOME and where Android Studio puts it]
    #[arg(long, value_name = "FILE")]
    pub adb: Option<PathBuf>,
    /// How long one call of adb may take
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub adb_timeout: Span,
}
