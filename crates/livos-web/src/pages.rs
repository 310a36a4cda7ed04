//! The few pages the edge writes itself: plain HTML, for when the desktop is not there or not the place.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

/// A text that may stand in HTML, also between quotes.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

fn html(status: StatusCode, head: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>LivOS</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         {head}</head><body><main>{body}</main></body></html>\n"
    );
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page that says something and leads somewhere.
pub(crate) fn notice(status: StatusCode, title: &str, text: &str, link: (&str, &str)) -> Response {
    let body = format!(
        "<h1>{}</h1><p>{}</p><p><a href=\"{}\">{}</a></p>",
        escape(title),
        escape(text),
        escape(link.0),
        escape(link.1)
    );
    html(status, "", &body)
}

/// A page that goes on by itself, as a step of LivOS's own: cookies that are only sent from our pages are sent.
pub(crate) fn step(to: &str) -> Response {
    let to = escape(to);
    let head = format!("<meta http-equiv=\"refresh\" content=\"0;url={to}\">");
    html(StatusCode::OK, &head, &format!("<p><a href=\"{to}\">Go on</a></p>"))
}

/// How each kind of device comes to trust the house's own certificate authority.
const DEVICES: [(&str, &str); 6] = [
    (
        "iPhone and iPad",
        "Open the profile with Safari and allow it. In Settings, install it under General, VPN & Device Management; then \
         switch it on under General, About, Certificate Trust Settings.",
    ),
    (
        "Mac",
        "Open the certificate, add it to the keychain, open it there, and under Trust choose Always Trust.",
    ),
    (
        "Windows",
        "Open the certificate, choose Install Certificate, Local Machine, and the store Trusted Root Certification \
         Authorities.",
    ),
    (
        "Android",
        "In Settings, search for ‘CA certificate’, choose to install one anyway, and pick the downloaded file.",
    ),
    ("Linux", "Copy it to /usr/local/share/ca-certificates/livos.crt and run sudo update-ca-certificates."),
    (
        "Firefox",
        "In Settings, under Privacy & Security, Certificates, View Certificates, Authorities, import it and trust it for \
         websites.",
    ),
];

/// The page from which a device learns to trust this server.
pub(crate) fn certificate(server: &str, fingerprint: &str) -> Response {
    let devices: String = DEVICES
        .iter()
        .map(|(device, steps)| format!("<dt><strong>{device}</strong></dt><dd>{}</dd>", escape(steps)))
        .collect();
    let body = format!(
        "<h1>Trust {server}</h1>\
         <p>With this certificate, your device checks that it talks to this server and to nobody in between. It is made \
         here, and its key never leaves the server.</p>\
         <p><a href=\"/api/v1/certificate\">Download the certificate</a> (livos.crt)<br>\
         <a href=\"/api/v1/certificate/profile\">Download the profile for iPhone, iPad and Mac</a></p>\
         <p>Compare its SHA-256 fingerprint with what <code>livos certificate</code> says on the server, or with \
         Settings, Secure connection, on a device that trusts it already:<br><code>{}</code></p>\
         <dl>{devices}</dl><p><a href=\"/\">Back to LivOS</a></p>",
        escape(fingerprint),
        server = escape(server),
    );
    html(StatusCode::OK, "", &body)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn nothing_breaks_out_of_a_page() {
        let evil = "\"><script>alert('x')</script>&";
        let page = notice(StatusCode::NOT_FOUND, evil, evil, (evil, evil));
        let text = page.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(!text.contains("<script"), "{text}");
        assert_eq!(text.matches("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)").count(), 4);
    }
}
