//! Signing in, staying signed in, being signed out.

use http::Method;
use serde_json::json;

use super::world::{BEGIN, Client, PASSWORD, World};
use crate::core::{access_token, totp};

async fn refresh(client: &mut Client) -> u16 {
    client.post("/api/v1/session/refresh", &json!({})).await.status.as_u16()
}

#[tokio::test]
async fn first_boot_needs_the_code_and_happens_once() {
    let world = World::new().await;
    let mut client = world.client();
    let state = client.get("/api/v1/setup").await.json();
    assert_eq!(state, json!({ "claimed": false, "server_name": "Test house" }));
    let code = world.claim_code();
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(world.state.join("claim-code")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    client.post("/api/v1/setup/claim", &json!({ "code": "AAAA-AAAA" })).await.check(403, "wrong_code");
    assert_eq!(client.post("/api/v1/setup/claim", &json!({ "code": code.to_lowercase() })).await.status, 204);
    let account = |code: &str, password: &str| json!({ "code": code, "name": "Grace", "username": "Grace", "password": password });
    client.post("/api/v1/setup/account", &account("AAAA-AAAA", PASSWORD)).await.check(403, "wrong_code");
    client.post("/api/v1/setup/account", &account(&code, "short")).await.check(400, "invalid");

    let reply = client.post("/api/v1/setup/account", &account(&code, PASSWORD)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(body["user"]["username"], "grace");
    assert_eq!(body["user"]["role"], "owner");
    assert_eq!(client.get("/api/v1/session").await.json()["user"]["name"], "Grace");

    assert!(!world.state.join("claim-code").exists());
    assert_eq!(client.get("/api/v1/setup").await.json()["claimed"], true);
    let mut other = world.client();
    other.post("/api/v1/setup/claim", &json!({ "code": code })).await.check(409, "claimed");
    other.post("/api/v1/setup/account", &account(&code, PASSWORD)).await.check(409, "claimed");
    let world = world.restarted().await;
    assert!(world.app.identity.claimed());
    assert!(!world.state.join("claim-code").exists());
}

#[tokio::test]
async fn the_code_survives_a_restart_and_is_not_guessed() {
    let world = World::new().await;
    let code = world.claim_code();
    let world = world.restarted().await;
    assert_eq!(world.claim_code(), code);
    for n in 0..5 {
        let mut client = world.client();
        // Another address does not help: the code is one.
        client.address = format!("192.0.2.{n}").parse().unwrap();
        client.post("/api/v1/setup/claim", &json!({ "code": "AAAA-AAAA" })).await.check(403, "wrong_code");
    }
    let reply = world.client().post("/api/v1/setup/claim", &json!({ "code": code })).await;
    reply.check(429, "rate_limited");
    assert_eq!(reply.json()["retry_after"], 60);
    assert_eq!(reply.header("retry-after"), "60");
    world.advance(60);
    assert_eq!(world.client().post("/api/v1/setup/claim", &json!({ "code": code })).await.status, 204);
}

#[tokio::test]
async fn a_sign_in_is_renewed_and_ends() {
    let (world, mut owner) = World::claimed().await;
    assert_eq!(
        owner.get("/api/v1/session").await.json()["access_expires_at"],
        BEGIN + access_token::LIFETIME
    );
    world.advance(600);
    owner.get("/api/v1/session").await.check(401, "token_expired");
    assert_eq!(refresh(&mut owner).await, 200);
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
    world.advance(30 * 86_400);
    assert_eq!(refresh(&mut owner).await, 401);
    assert_eq!(owner.cookies.keys().collect::<Vec<_>>(), ["livos_device"], "what is void is not kept");

    let mut owner = world.client();
    owner.sign_in("GRACE", PASSWORD).await;
    let stolen = owner.clone();
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    assert_eq!(owner.cookies.keys().collect::<Vec<_>>(), ["livos_device"]);
    let mut thief = stolen;
    thief.get("/api/v1/session").await.check(401, "unauthenticated");
    assert_eq!(refresh(&mut thief).await, 401);
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let (world, _) = World::claimed().await;
    let mut client = world.client();
    let request = client.request(Method::POST, "/api/v1/session").header("content-type", "application/json");
    let body = json!({ "username": "grace", "password": PASSWORD }).to_string();
    let reply = client.send(request.header("x-forwarded-proto", "https").body(body.into()).unwrap()).await;
    let set: Vec<&str> =
        reply.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(set.len(), 3);
    for cookie in &set {
        assert!(cookie.contains("; HttpOnly; SameSite=Strict;") && cookie.ends_with("; Secure"), "{cookie}");
    }
    assert!(set[0].starts_with("__Host-livos_access=") && set[0].contains("; Path=/;"));
    assert!(set[1].starts_with("__Host-livos_refresh=") && set[1].contains("; Path=/;"));
    assert!(set[2].starts_with("__Host-livos_device=") && set[2].contains("; Path=/;"));
    assert!(!reply.text().contains("eyJ"), "no token in the body");
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_the_session_for_both() {
    let (world, mut owner) = World::claimed().await;
    let thief = owner.clone();
    assert_eq!(refresh(&mut owner).await, 200);
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
    world.advance(61);
    let mut thief = thief;
    assert_eq!(refresh(&mut thief).await, 401);
    owner.get("/api/v1/session").await.check(401, "unauthenticated");
    assert_eq!(refresh(&mut owner).await, 401);
    let mut owner = world.client();
    owner.sign_in("grace", PASSWORD).await;
    let trail = owner.get("/api/v1/audit").await.json();
    assert!(trail.as_array().unwrap().iter().any(|entry| entry["outcome"] == "reused_token"), "{trail}");
}

#[tokio::test]
async fn two_tabs_may_renew_at_once_and_an_answer_may_be_lost() {
    let (world, owner) = World::claimed().await;
    let (mut one, mut two) = (owner.clone(), owner.clone());
    assert_eq!(refresh(&mut one).await, 200);
    world.advance(5);
    assert_eq!(refresh(&mut two).await, 200);
    assert_eq!(one.cookies["livos_refresh"], two.cookies["livos_refresh"], "both hold the one that is good");
    assert_eq!(refresh(&mut one).await, 200);

    // Renewed, the answer lost, the laptop closed for a day.
    let mut asleep = one.clone();
    assert_eq!(refresh(&mut one).await, 200);
    world.advance(86_400);
    assert_eq!(refresh(&mut asleep).await, 200);
    assert_eq!(asleep.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn refresh_tokens_cannot_be_made_up() {
    let (_world, owner) = World::claimed().await;
    let real = owner.cookies["livos_refresh"].clone();
    let (head, seal) = real.rsplit_once('.').unwrap();
    let id = head.split('.').next().unwrap();
    for forged in [
        String::new(),
        "x".to_owned(),
        format!("{id}.5.{seal}"),
        format!("{id}.-1.{seal}"),
        format!("{head}.{}", &seal[1..]),
        format!("other.0.{seal}"),
    ] {
        let mut client = owner.clone();
        client.cookies.insert("livos_refresh".to_owned(), forged.clone());
        assert_eq!(refresh(&mut client).await, 401, "{forged}");
    }
    let mut client = owner.clone();
    assert_eq!(refresh(&mut client).await, 200, "forgeries ended nothing");
}

#[tokio::test]
async fn a_restart_signs_nobody_out() {
    let (world, owner) = World::claimed().await;
    let world = world.restarted().await;
    let mut owner = Client { router: world.router.clone(), ..owner };
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
    assert_eq!(refresh(&mut owner).await, 200);
}

#[tokio::test]
async fn guessing_gets_slower_for_the_account_from_any_address() {
    let (world, _) = World::claimed().await;
    for n in 0..5 {
        let mut client = world.client();
        client.address = format!("198.51.100.{n}").parse().unwrap();
        client.try_sign_in("grace", "wrong password", None).await.check(401, "bad_credentials");
    }
    let mut client = world.client();
    let reply = client.try_sign_in("grace", PASSWORD, None).await;
    reply.check(429, "rate_limited");
    assert_eq!(reply.json()["retry_after"], 2);
    let world = world.restarted().await;
    world.client().try_sign_in("grace", PASSWORD, None).await.check(429, "rate_limited");
    world.advance(2);
    world.client().sign_in("grace", PASSWORD).await;
    world.client().try_sign_in("grace", "wrong password", None).await.check(401, "bad_credentials");
    world.client().sign_in("grace", PASSWORD).await;
}

/// Guesses from many addresses until nobody new is let in.
async fn besiege(world: &World, username: &str) {
    for n in 0..8 {
        let mut client = world.client();
        client.address = format!("198.51.100.{n}").parse().unwrap();
        client.try_sign_in(username, "wrong password", None).await;
    }
    world.client().try_sign_in(username, PASSWORD, None).await.check(429, "rate_limited");
}

#[tokio::test]
async fn guesses_of_others_do_not_keep_out_who_has_signed_in_before() {
    let (world, mut owner) = World::claimed().await;
    let mut phone = world.client();
    phone.sign_in("grace", PASSWORD).await;
    assert_ne!(owner.cookies["livos_device"], phone.cookies["livos_device"]);
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    besiege(&world, "grace").await;
    let device = owner.cookies["livos_device"].clone();
    owner.sign_in("grace", PASSWORD).await;
    assert_eq!(owner.cookies["livos_device"], device, "a device stays the one it was");
    world.client().try_sign_in("grace", PASSWORD, None).await.check(429, "rate_limited");

    // Whoever has the device has five guesses of their own, and takes nobody else's.
    let mut thief = world.client();
    thief.cookies.insert("livos_device".to_owned(), device);
    for _ in 0..5 {
        thief.try_sign_in("grace", "wrong password", None).await.check(401, "bad_credentials");
    }
    thief.try_sign_in("grace", PASSWORD, None).await.check(429, "rate_limited");
    phone.sign_in("grace", PASSWORD).await;

    // Also after a restart.
    let world = world.restarted().await;
    let mut phone = Client { router: world.router.clone(), ..phone };
    besiege(&world, "grace").await;
    phone.sign_in("grace", PASSWORD).await;
}

#[tokio::test]
async fn a_device_is_of_one_account_cannot_be_made_up_and_is_not_stored() {
    let (world, mut owner) = World::claimed().await;
    let ada = world.person(&mut owner, "ada", "member").await;
    besiege(&world, "grace").await;
    for device in [ada.cookies["livos_device"].as_str(), "", "x", &"x".repeat(5000)] {
        let mut client = world.client();
        client.cookies.insert("livos_device".to_owned(), device.to_owned());
        client.try_sign_in("grace", PASSWORD, None).await.check(429, "rate_limited");
    }
    let device = owner.cookies["livos_device"].as_bytes();
    for file in std::fs::read_dir(&world.state).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes.windows(device.len()).any(|part| part == device),
            "the device can be read from a file"
        );
    }
}

#[tokio::test]
async fn a_password_is_confirmed_while_others_guess() {
    let (world, mut owner) = World::claimed().await;
    besiege(&world, "grace").await;
    let change = json!({ "current": PASSWORD, "new": "another horse battery" });
    let reply = owner.write(Method::PUT, "/api/v1/me/password", &change).await;
    assert!(reply.status.is_success(), "{}", reply.text());
}

#[tokio::test]
async fn guessing_gets_slower_for_the_address_over_many_names() {
    let (world, _) = World::claimed().await;
    let mut client = world.client();
    for n in 0..20 {
        client.try_sign_in(&format!("nobody{n}"), "wrong password", None).await.check(401, "bad_credentials");
    }
    client.try_sign_in("grace", PASSWORD, None).await.check(429, "rate_limited");
    let mut elsewhere = world.client();
    elsewhere.address = "198.51.100.9".parse().unwrap();
    elsewhere.sign_in("grace", PASSWORD).await;
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_answered_the_same() {
    let (world, _) = World::claimed().await;
    let mut client = world.client();
    let known = client.try_sign_in("grace", "wrong password", None).await.json();
    let unknown = client.try_sign_in("nobody", "wrong password", None).await.json();
    assert_eq!((&known["code"], &known["message"]), (&unknown["code"], &unknown["message"]));
    for _ in 0..4 {
        client.try_sign_in("nobody", "wrong password", None).await;
    }
    client.try_sign_in("nobody", "wrong password", None).await.check(429, "rate_limited");
}

async fn with_totp(world: &World, owner: &mut Client) -> (String, Vec<String>) {
    let offer = owner.post("/api/v1/me/totp", &json!({})).await.json();
    let secret = offer["secret"].as_str().unwrap().to_owned();
    assert!(offer["uri"].as_str().unwrap().starts_with("otpauth://totp/Test%20house:grace?secret="));
    assert!(offer["qr_svg"].as_str().unwrap().contains("<svg"));
    owner.post("/api/v1/me/totp/confirm", &json!({ "code": "000000" })).await.check(400, "wrong_code");
    let code = totp::code_at(&secret, world.now());
    let reply = owner.post("/api/v1/me/totp/confirm", &json!({ "code": code })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let codes = reply.json()["recovery_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    (secret, codes)
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    let (world, mut owner) = World::claimed().await;
    let (secret, _) = with_totp(&world, &mut owner).await;
    assert_eq!(owner.get("/api/v1/session").await.json()["user"]["totp_enabled"], true);
    owner.post("/api/v1/me/totp", &json!({})).await.check(409, "conflict");

    let mut client = world.client();
    client.try_sign_in("grace", PASSWORD, None).await.check(401, "totp_required");
    client.try_sign_in("grace", "wrong password", None).await.check(401, "bad_credentials");
    let code = totp::code_at(&secret, world.now());
    client.try_sign_in("grace", PASSWORD, Some(&code)).await.check(401, "bad_credentials");
    world.advance(30);
    let code = totp::code_at(&secret, world.now());
    assert_eq!(client.try_sign_in("grace", PASSWORD, Some(&code)).await.status, 200);
    world.client().try_sign_in("grace", PASSWORD, Some(&code)).await.check(401, "bad_credentials");
}

#[tokio::test]
async fn many_right_passwords_without_a_code_lock_nobody_out() {
    let (world, mut owner) = World::claimed().await;
    with_totp(&world, &mut owner).await;
    for _ in 0..30 {
        world.client().try_sign_in("grace", PASSWORD, None).await.check(401, "totp_required");
    }
    for _ in 0..5 {
        world.client().try_sign_in("grace", PASSWORD, Some("123456")).await.check(401, "bad_credentials");
    }
    world.client().try_sign_in("grace", PASSWORD, Some("123456")).await.check(429, "rate_limited");
}

#[tokio::test]
async fn recovery_codes_are_good_once_each_and_can_be_replaced() {
    let (world, mut owner) = World::claimed().await;
    let (_, codes) = with_totp(&world, &mut owner).await;
    let mut client = world.client();
    assert_eq!(client.try_sign_in("grace", PASSWORD, Some(&codes[0].to_lowercase())).await.status, 200);
    world.client().try_sign_in("grace", PASSWORD, Some(&codes[0])).await.check(401, "bad_credentials");
    client
        .post("/api/v1/me/recovery-codes", &json!({ "password": "wrong password" }))
        .await
        .check(403, "wrong_password");
    let fresh = client.post("/api/v1/me/recovery-codes", &json!({ "password": PASSWORD })).await.json();
    world.client().try_sign_in("grace", PASSWORD, Some(&codes[1])).await.check(401, "bad_credentials");
    let fresh = fresh["recovery_codes"][0].as_str().unwrap();
    assert_eq!(world.client().try_sign_in("grace", PASSWORD, Some(fresh)).await.status, 200);

    client.write(Method::DELETE, "/api/v1/me/totp", &json!({ "password": PASSWORD })).await;
    world.client().sign_in("grace", PASSWORD).await;
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let (world, mut owner) = World::claimed().await;
    let mut other = world.client();
    other.sign_in("grace", PASSWORD).await;
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    let path = "/api/v1/me/password";
    owner
        .write(Method::PUT, path, &change("wrong password", "another long one"))
        .await
        .check(403, "wrong_password");
    owner.write(Method::PUT, path, &change(PASSWORD, "short")).await.check(400, "invalid");
    assert_eq!(owner.write(Method::PUT, path, &change(PASSWORD, "another long one")).await.status, 204);
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
    other.get("/api/v1/session").await.check(401, "unauthenticated");
    world.client().try_sign_in("grace", PASSWORD, None).await.check(401, "bad_credentials");
    world.client().sign_in("grace", "another long one").await;
}

#[tokio::test]
async fn sessions_are_listed_and_revoked() {
    let (world, mut owner) = World::claimed().await;
    let mut phone = world.client();
    phone.address = "198.51.100.1".parse().unwrap();
    world.advance(10);
    phone.sign_in("grace", PASSWORD).await;
    let list = owner.get("/api/v1/sessions").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(
        (&list[0]["current"], &list[0]["address"], &list[0]["agent"]),
        (&json!(false), &json!("198.51.100.1"), &json!("Test/1.0"))
    );
    assert_eq!(list[1]["last_seen_at"], BEGIN + 10);
    let id = list[0]["id"].as_str().unwrap();
    assert_eq!(owner.delete(&format!("/api/v1/sessions/{id}")).await.status, 204);
    phone.get("/api/v1/session").await.check(401, "unauthenticated");
    owner.delete(&format!("/api/v1/sessions/{id}")).await.check(404, "not_found");

    let mut member = world.person(&mut owner, "ada", "member").await;
    let owners = owner.get("/api/v1/session").await.json()["session_id"].as_str().unwrap().to_owned();
    member.delete(&format!("/api/v1/sessions/{owners}")).await.check(404, "not_found");
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn nobody_collects_sessions_without_end() {
    let (world, mut owner) = World::claimed().await;
    for _ in 0..60 {
        world.advance(1);
        world.client().sign_in("grace", PASSWORD).await;
    }
    // The first one was seen longest ago.
    owner.get("/api/v1/session").await.check(401, "unauthenticated");
    let mut client = world.client();
    client.sign_in("grace", PASSWORD).await;
    assert_eq!(client.get("/api/v1/sessions").await.json().as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn settings_are_merged_kept_and_limited() {
    let (world, mut owner) = World::claimed().await;
    let path = "/api/v1/me/settings";
    assert_eq!(owner.get(path).await.json(), json!({}));
    owner.write(Method::PATCH, path, &json!({ "theme": "dark", "dock": { "pins": ["files"] } })).await;
    let merged =
        owner.write(Method::PATCH, path, &json!({ "theme": null, "dock": { "size": 2 } })).await.json();
    assert_eq!(merged, json!({ "dock": { "pins": ["files"], "size": 2 } }));
    owner.write(Method::PATCH, path, &json!({ "big": "x".repeat(70_000) })).await.check(413, "too_large");
    owner.write(Method::PATCH, path, &json!(["no object"])).await.check(400, "invalid");
    assert_eq!(owner.get(path).await.json(), merged);
    let mut member = world.person(&mut owner, "ada", "member").await;
    assert_eq!(member.get(path).await.json(), json!({}));
    let renamed = member.write(Method::PATCH, "/api/v1/me", &json!({ "name": " Ada L. " })).await.json();
    assert_eq!(renamed["name"], "Ada L.");
    member.write(Method::PATCH, "/api/v1/me", &json!({ "name": "a\nb" })).await.check(400, "invalid");
}
