//! The HTML shells of the pages, and the headers that keep foreign code out of them.
//!
//! A shell holds no text of its own: scripts draw the page, in the visitor's language. The vendored libraries
//! import each other by bare names, which an import map resolves; the content security policy lets this one
//! inline script pass by its hash (CSP 3 §8.1). Start at [`routes`].

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::assets;

/// What the vendored libraries call each other, and the file that it is.
const IMPORTS: [(&str, &str); 5] = [
    ("preact", "vendor/preact.mjs"),
    ("preact/hooks", "vendor/preact-hooks.mjs"),
    ("@preact/signals", "vendor/signals.mjs"),
    ("@preact/signals-core", "vendor/signals-core.mjs"),
    ("htm", "vendor/htm.mjs"),
];

/// Modules of every page, fetched at once instead of import by import.
const SHARED: [&str; 5] = ["js/ui.js", "js/i18n.js", "js/texts.js", "js/parts.js", "js/account.js"];
/// Modules of the two pages with a call.
const OF_CALLS: [&str; 8] = [
    "js/session.js",
    "js/controls.js",
    "js/link.js",
    "js/protocol.js",
    "js/reconnect.js",
    "js/peer.js",
    "js/source.js",
    "js/timings.js",
];

/// A page: its address, its script, and what it needs beside [`SHARED`].
struct Page {
    path: &'static str,
    name: &'static str,
    modules: &'static [&'static [&'static str]],
}

const PAGES: [Page; 9] = [
    Page { path: "/", name: "home", modules: &[] },
    Page { path: "/phone", name: "phone", modules: &[&OF_CALLS, &["js/phone-state.js", "js/writing.js"]] },
    Page {
        path: "/desk",
        name: "desk",
        modules: &[
            &OF_CALLS,
            &[
                "js/desk-check.js",
                "js/desk-conduct.js",
                "js/desk-notes.js",
                "js/desk-state.js",
                "js/meter.js",
                "js/ring.js",
                "js/snapshot.js",
                "js/still.js",
                "js/watchdog.js",
                "js/writing.js",
            ],
        ],
    },
    Page { path: "/sign-in", name: "sign-in", modules: &[] },
    Page { path: "/accounts", name: "accounts", modules: &[] },
    Page { path: "/calls", name: "calls", modules: &[] },
    Page {
        path: "/supervisor",
        name: "supervisor",
        modules: &[&OF_CALLS, &["js/desk-conduct.js", "js/listen.js", "js/still.js"]],
    },
    Page { path: "/wallboard", name: "wallboard", modules: &[] },
    Page { path: "/dialplans", name: "dialplans", modules: &[&["js/drawing.js"]] },
];

static IMPORT_MAP: LazyLock<String> = LazyLock::new(|| {
    let entries: Vec<_> =
        IMPORTS.iter().map(|(name, file)| format!("\"{name}\":\"{}\"", assets::url(file))).collect();
    format!("{{\"imports\":{{{}}}}}", entries.join(","))
});

/// Only our own files, our own WebSocket and pictures; nobody frames us. Sound and picture of a call are
/// streams, which no directive governs.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = base64(&Sha256::digest(IMPORT_MAP.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("directives and base64 are a header value")
});

/// The addresses of all pages, for a router of any state.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    PAGES.iter().fold(Router::new(), |router, page| router.route(page.path, get(async || answer(page))))
}

fn answer(page: &Page) -> impl IntoResponse + use<> {
    let headers: [(HeaderName, HeaderValue); 6] = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        // A shell names the version of its files, so it is asked for anew each time.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(self), microphone=(self), geolocation=()"),
        ),
    ];
    (headers, Html(shell(page)))
}

fn shell(page: &Page) -> String {
    let Page { name, modules, .. } = page;
    let libraries = IMPORTS.iter().map(|(_, file)| *file);
    let preloads: String = libraries
        .chain(SHARED)
        .chain(modules.iter().copied().flatten().copied())
        .map(|file| format!("<link rel=\"modulepreload\" href=\"{}\">\n", assets::url(file)))
        .collect();
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Vireo</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{style}">
<script src="{boot}"></script>
<script type="importmap">{map}</script>
{preloads}<script type="module" src="{main}"></script>
</head>
<body class="page-{name}">
<div id="app"></div>
<noscript><p class="noscript">This page needs JavaScript. 此页面需要 JavaScript。</p></noscript>
</body>
</html>
"#,
        icon = assets::url("vireo.svg"),
        style = assets::url("vireo.css"),
        boot = assets::url("boot.js"),
        map = *IMPORT_MAP,
        main = assets::url(&format!("js/{name}.js")),
    )
}

/// Base64 with padding (RFC 4648 §4), as content security policies write hashes.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (group >> (18 - 6 * place)) & 63;
            text.push(if place <= chunk.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_policy_admits_the_import_map_and_nothing_else_inline() {
        let policy = POLICY.to_str().unwrap();
        assert!(policy.contains(&base64(&Sha256::digest(IMPORT_MAP.as_bytes()))));
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        for page in &PAGES {
            let html = shell(page);
            assert_eq!(html.matches("<script").count(), 3, "{html}");
            assert!(html.contains(&format!("<script type=\"importmap\">{}</script>", *IMPORT_MAP)));
            assert!(!html.contains("style=") && !html.contains("onload"), "{html}");
        }
    }

    /// Every module that `name` imports, and what those import.
    fn imported(name: &str, found: &mut BTreeSet<String>) {
        let text = assets::text(name);
        let imports = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from"));
        for line in imports.filter(|line| !line.contains("@import")) {
            let Some((_, rest)) = line.split_once("\"./") else { continue };
            let module = format!("js/{}", rest.split('"').next().unwrap());
            if found.insert(module.clone()) {
                imported(&module, found);
            }
        }
    }

    #[test]
    fn a_page_names_all_its_modules_and_no_others() {
        for page in &PAGES {
            let mut needed = BTreeSet::new();
            imported(&format!("js/{}.js", page.name), &mut needed);
            let named = SHARED.iter().chain(page.modules.iter().copied().flatten());
            let named: BTreeSet<_> = named.map(|name| (*name).to_string()).collect();
            assert_eq!(named, needed, "{}", page.path);
        }
    }
}
