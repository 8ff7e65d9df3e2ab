//! The status page: who answers here, at which addresses, how busy it is.

use std::net::SocketAddr;

use serde::Serialize;

/// What the page says of the gateway besides its live counts.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// Numbers that are served.
    pub numbers: Vec<String>,
    /// SIP addresses.
    pub sip: Vec<SocketAddr>,
    /// One line about the service, as `vireo check` prints it.
    pub service: String,
    /// Version of the program.
    pub version: &'static str,
}

/// The live part.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) faults: u64,
    /// Datagrams that the send queues of the kernel had no room for.
    pub(crate) send_full: u64,
    /// Datagrams that could not be sent for another reason.
    pub(crate) send_failed: u64,
    /// Datagrams on media ports that were too long for RTP.
    pub(crate) oversize: u64,
    /// Sends that met a closed port or an unreachable host.
    pub(crate) icmp: u64,
}

pub(crate) fn html(about: &About, counts: Counts) -> String {
    let uris = about.numbers.iter().flat_map(|number| {
        about.sip.iter().map(move |sip| format!("<li><code>sip:{}@{sip}</code></li>", escape(number)))
    });
    let uris: String = uris.collect();
    let Counts { calls, accepted, refused, faults, .. } = counts;
    let (service, version) = (escape(&about.service), about.version);
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Vireo</title><style>{STYLE}</style></head>
<body><main><h1>Vireo <small>{version}</small></h1>
<p>This video hotline is live. Call it with a SIP video phone:</p><ul>{uris}</ul>
<dl><div><dt>calls now</dt><dd>{calls}</dd></div><div><dt>accepted</dt><dd>{accepted}</dd></div>
<div><dt>refused</dt><dd>{refused}</dd></div><div><dt>faults</dt><dd>{faults}</dd></div></dl>
<p class="quiet">Service: {service}. The same as JSON: <a href="/status">/status</a>;
health: <a href="/healthz">/healthz</a>.</p></main></body></html>
"#
    )
}

const STYLE: &str = ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;display:grid;place-items:center;min-height:100vh}main{max-width:44rem;padding:2rem}\
h1 small{font-weight:400;opacity:.6;font-size:.5em}code{font-size:1.05em}\
dl{display:flex;flex-wrap:wrap;gap:1rem;margin:1.5rem 0}dl div{border:1px solid #8886;border-radius:.6rem;\
padding:.6rem 1.2rem;min-width:6rem}dt{opacity:.7}dd{margin:0;font-size:2rem;font-variant-numeric:tabular-nums}\
.quiet{opacity:.7}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_way_to_call_and_escapes_what_an_operator_wrote() {
        let about = About {
            numbers: vec!["1008621".into(), "<b>".into()],
            sip: vec!["127.0.0.1:5060".parse().unwrap()],
            service: "a & b".into(),
            version: "0.1.0",
        };
        let page = html(&about, Counts { calls: 7, accepted: 8, refused: 9, ..Counts::default() });
        for part in ["sip:1008621@127.0.0.1:5060", "sip:&lt;b&gt;@", "a &amp; b", "<dd>7</dd>"] {
            assert!(page.contains(part), "{part} is missing");
        }
        assert!(!page.contains("<b>@"));
    }
}
