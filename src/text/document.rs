//! The frame of every page that tlscope shows in a browser.

/// The content security policy of every page: styles may be inline; nothing else loads, nothing runs.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#222;\
background:#fff}h1{font-size:1.4em}h2{font-size:1.1em}li{margin:.6em 0}code{background:#f2f2f2;padding:0 .3em;\
overflow-wrap:anywhere}.fatal,.error{color:#a00}.warning{color:#850}.info{color:#555}small{color:#555}a{color:#06c}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}code{background:#222}.fatal,.error{color:#f77}\
.warning{color:#fc6}.info,small{color:#aaa}a{color:#8bf}}";

/// A whole HTML document. `title` and `body` are HTML already.
pub fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1>{body}</body></html>\n"
    )
}
