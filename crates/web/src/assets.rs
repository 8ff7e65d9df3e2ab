//! The files of the pages, carried in the binary: style, scripts, vendored libraries.
//!
//! They are served below `/assets/TREE/`, where `TREE` is a hash over all of them: an address never changes
//! its content, so browsers keep it for a year, and relative imports stay within one version. Any other
//! `/assets/...` is served too, to be asked for again each time. Start at [`routes`].

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};
use tower_http::compression::CompressionLayer;

#[derive(Embed)]
#[folder = "assets/"]
struct Files;

/// First 16 hex digits of the SHA-256 over every file's name and content.
static TREE: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(Files::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    hex(&hash.finalize()[..8])
});

/// `GET /assets/...`, for a router of any state.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{*path}", get(serve)).layer(CompressionLayer::new())
}

/// The address of an embedded file that may be kept for ever.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *TREE)
}

/// The text of an embedded file that must be there.
#[cfg(test)]
pub(crate) fn text(name: &str) -> String {
    let file = Files::get(name).unwrap_or_else(|| panic!("{name} is missing"));
    String::from_utf8(file.data.into_owned()).expect("our files are UTF-8")
}

async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let lasting = path.split_once('/').filter(|(tree, _)| *tree == *TREE).map(|(_, name)| name);
    let Some(file) = Files::get(lasting.unwrap_or(&path)) else {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    };
    let keep = match lasting {
        Some(_) => "public, max-age=31536000, immutable",
        None => "no-cache",
    };
    answer(file, media_type(&path), keep, &headers)
}

fn answer(file: EmbeddedFile, media_type: &'static str, keep: &'static str, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.split(',').any(|one| same_tag(one, &tag)));
    let tag = HeaderValue::from_str(&tag).expect("hex digits in quotes are a header value");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
        (header::ETAG, tag),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    match unchanged {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (headers, file.data).into_response(),
    }
}

/// Weak comparison (RFC 9110 §8.8.3.2): proxies weaken tags.
fn same_tag(asked: &str, ours: &str) -> bool {
    let asked = asked.trim();
    asked == "*" || asked.strip_prefix("W/").unwrap_or(asked) == ours
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// All pages together as gzip, with the vendored libraries: what a newcomer on a slow line waits for.
    const BYTES_MAX: usize = 100_000;

    async fn fetch(path: &str, known: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(known).unwrap());
        }
        serve(Path(path.into()), headers).await
    }

    fn said(response: &Response, name: header::HeaderName) -> &str {
        response.headers().get(name).unwrap().to_str().unwrap()
    }

    #[tokio::test]
    async fn a_file_below_the_tree_is_kept_for_ever_and_beside_it_asked_for_again() {
        let lasting = fetch(url("vireo.css").strip_prefix("/assets/").unwrap(), None).await;
        assert_eq!(lasting.status(), StatusCode::OK);
        assert!(said(&lasting, header::CACHE_CONTROL).contains("immutable"));
        assert_eq!(said(&lasting, header::CONTENT_TYPE), "text/css; charset=utf-8");
        let plain = fetch("vireo.css", None).await;
        assert_eq!(said(&plain, header::CACHE_CONTROL), "no-cache");
        assert_eq!(said(&plain, header::ETAG), said(&lasting, header::ETAG));
    }

    #[tokio::test]
    async fn an_unchanged_file_is_not_sent_again() {
        let tag = said(&fetch("js/phone.js", None).await, header::ETAG).to_string();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
            assert_eq!(
                fetch("js/phone.js", Some(&known)).await.status(),
                StatusCode::NOT_MODIFIED,
                "{known}"
            );
        }
        assert_eq!(fetch("js/phone.js", Some("\"other\"")).await.status(), StatusCode::OK);
    }

    #[test]
    fn a_browser_that_takes_gzip_gets_it() {
        let world = crate::testing::World::new();
        let mut visitor = world.stranger();
        let plain = visitor.ask_with("GET", &url("vireo.css"), None, "");
        let packed = visitor.ask_with("GET", &url("vireo.css"), None, "Accept-Encoding: gzip, br\r\n");
        assert_eq!((plain.status, packed.status), (200, 200));
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert!(packed.header("cache-control").is_some_and(|keep| keep.contains("immutable")));
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_served() {
        for path in
            ["", "nothing.js", "../src/lib.rs", "../Cargo.toml", "js/../../Cargo.toml", "0000/vireo.css"]
        {
            assert_eq!(fetch(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn every_file_has_a_type() {
        for name in Files::iter() {
            assert_ne!(media_type(&name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn the_pages_are_small_and_name_no_other_host() {
        let mut bytes = 0;
        for name in Files::iter() {
            let file = Files::get(&name).unwrap();
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(&file.data).unwrap();
            bytes += gzip.finish().unwrap().len();
            let text = String::from_utf8(file.data.into_owned()).unwrap();
            let ours = !name.starts_with("vendor/");
            let fetched =
                text.split(['"', '\'', '(']).filter(|word| word.starts_with("http") && word.contains("://"));
            let fetched: Vec<_> = fetched.filter(|word| !word.starts_with("http://www.w3.org/")).collect();
            assert!(!ours || fetched.is_empty(), "{name}: {fetched:?}");
        }
        println!("all pages: {bytes} bytes");
        assert!(bytes < BYTES_MAX, "{bytes} bytes");
    }

    #[test]
    fn vendored_files_are_the_packages_own() {
        let lock = Files::get("vendor/vendor.lock.json").unwrap();
        let lock: serde_json::Value = serde_json::from_slice(&lock.data).unwrap();
        let mut locked = vec!["vendor/vendor.lock.json".to_string()];
        for package in lock["packages"].as_array().unwrap() {
            assert!(Files::get(&format!("vendor/{}", package["licence_text"].as_str().unwrap())).is_some());
            for file in package["files"].as_array().unwrap() {
                let name = format!("vendor/{}", file["file"].as_str().unwrap());
                let found = Files::get(&name).unwrap_or_else(|| panic!("{name} is missing"));
                assert_eq!(hex(&found.metadata.sha256_hash()), file["sha256"].as_str().unwrap(), "{name}");
                locked.push(name);
            }
        }
        for name in Files::iter().filter(|name| name.starts_with("vendor/")) {
            assert!(locked.contains(&name.to_string()), "{name} is not in vendor.lock.json");
        }
    }
}
