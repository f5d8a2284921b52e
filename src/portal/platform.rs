//! What a device is, by its User-Agent: enough to put its own steps first, never more than a guess.

/// The system on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Ios,
    Mac,
    Android,
    Harmony,
    Windows,
    ChromeOs,
    Linux,
    /// A program without a page to show: curl, a library.
    Program,
    Unknown,
}

impl System {
    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ios => "iPhone or iPad",
            Self::Mac => "Mac",
            Self::Android => "Android",
            Self::Harmony => "HarmonyOS",
            Self::Windows => "Windows",
            Self::ChromeOs => "ChromeOS",
            Self::Linux => "Linux",
            Self::Program => "a program",
            Self::Unknown => "a device that does not say what it is",
        }
    }
}

/// What there is to know of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Platform {
    pub(super) system: System,
    /// The major version of Android; absent where the browser does not say it.
    pub(super) android: Option<u32>,
    /// Firefox brings a store of its own, but on Apple's phones.
    pub(super) is_firefox: bool,
    /// An iPad that asks for desktop pages says the same as a Mac.
    pub(super) may_be_ipad: bool,
}

impl Platform {
    /// Of a User-Agent field, empty where there is none.
    pub(super) fn of(agent: &str) -> Self {
        let system = system_of(agent);
        let has = |word: &str| agent.contains(word);
        Self {
            system,
            android: (system == System::Android).then(|| android_version(agent)).flatten(),
            is_firefox: has("Firefox/") && !has("Seamonkey") && system != System::Ios,
            may_be_ipad: system == System::Mac && has("Safari/") && !has("Chrome/") && !has("Firefox/"),
        }
    }
}

fn system_of(agent: &str) -> System {
    let has = |words: &[&str]| words.iter().any(|word| agent.contains(word));
    // The order matters: phones of Microsoft's and HarmonyOS say "Android", some Androids "Linux".
    match () {
        () if has(&["HarmonyOS", "OpenHarmony", "HUAWEI ArkWeb"]) => System::Harmony,
        () if has(&["Windows Phone"]) => System::Unknown,
        () if has(&["iPhone", "iPad", "iPod"]) => System::Ios,
        // Programs of Apple's own frameworks, on either system.
        () if has(&["CFNetwork/"]) && !has(&["Mozilla/"]) => {
            if has(&["Mac", "x86_64"]) {
                System::Mac
            } else {
                System::Ios
            }
        }
        () if has(&["Android", "okhttp/", "Dalvik/"]) => System::Android,
        () if has(&["CrOS"]) => System::ChromeOs,
        () if has(&["Macintosh", "Mac OS X", "Mac_PowerPC"]) => System::Mac,
        () if has(&["Windows"]) => System::Windows,
        () if !agent.is_empty() && !has(&["Mozilla/", "Opera/"]) => System::Program,
        () if has(&["Linux", "X11"]) => System::Linux,
        () => System::Unknown,
    }
}

/// `Android 10; K` is what Chrome says on every Android since it says less.
fn android_version(agent: &str) -> Option<u32> {
    let (_, version) = agent.split_once("Android ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|_| !version.starts_with("10; K)"))
}

#[cfg(test)]
mod tests {
    use super::System::*;
    use super::*;

    /// User-Agent fields as they are sent, with the system and what else is read from them.
    const AGENTS: &[(&str, System, Option<u32>, &str)] = &[
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
            Ios,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
            Ios,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/34.0 Mobile/15E148 Safari/605.1.15",
            Ios,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 9_3_5 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 Mobile/13G36 Safari/601.1",
            Ios,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
            Ios,
            None,
            "",
        ),
        // An iPad with desktop pages, which is the default there, and a Mac.
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
            Mac,
            None,
            "ipad",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            Mac,
            None,
            "",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0", Mac, None, "firefox"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
            Android,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.240205.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36",
            Android,
            Some(14),
            "",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36",
            Android,
            Some(13),
            "",
        ),
        (
            "Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100 Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
            Android,
            Some(4),
            "",
        ),
        (
            "Mozilla/5.0 (Linux; Android 6.0.1; SM-G920V Build/MMB29K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.98 Mobile Safari/537.36",
            Android,
            Some(6),
            "",
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", Android, Some(15), "firefox"),
        ("Dalvik/2.1.0 (Linux; U; Android 12; M2102J20SG Build/SKQ1.211006.001)", Android, Some(12), ""),
        ("okhttp/4.12.0", Android, None, ""),
        (
            "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36",
            Harmony,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
            Harmony,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            Windows,
            None,
            "",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", Windows, None, "firefox"),
        ("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; AS; rv:11.0) like Gecko", Windows, None, ""),
        (
            "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063",
            Unknown,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            ChromeOs,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
            Linux,
            None,
            "",
        ),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", Linux, None, "firefox"),
        (
            "Mozilla/5.0 (Linux; U; Tizen 5.0; SMART-TV) AppleWebKit/537.36 (KHTML, like Gecko) Version/5.0 TV Safari/537.36",
            Linux,
            None,
            "",
        ),
        (
            "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
            Unknown,
            None,
            "",
        ),
        ("curl/8.9.1", Program, None, ""),
        ("Wget/1.24.5", Program, None, ""),
        ("python-requests/2.32.3", Program, None, ""),
        ("Java/17.0.13", Program, None, ""),
        ("MyApp/3 CFNetwork/1568.200.51 Darwin/24.1.0", Ios, None, ""),
        ("MyApp/3 CFNetwork/1240.0.4 Darwin/20.6.0 (x86_64)", Mac, None, ""),
        ("ESP32 HTTP Client/1.0", Program, None, ""),
        ("", Unknown, None, ""),
        ("<script>alert(1)</script>", Program, None, ""),
    ];

    #[test]
    fn devices_are_told_apart_by_what_they_say() {
        for (agent, system, android, more) in AGENTS {
            let platform = Platform::of(agent);
            assert_eq!(platform.system, *system, "{agent}");
            assert_eq!(platform.android, *android, "{agent}");
            assert_eq!((platform.is_firefox, platform.may_be_ipad), (*more == "firefox", *more == "ipad"), "{agent}");
        }
    }
}
