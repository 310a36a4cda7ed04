//! Whether a person agreed to what an app may do and answered what it asks.

use std::collections::{BTreeMap, HashMap};

use livos_manifest::{AppSpec, Input, InputKind, Permission, Risk};
use sha2::{Digest, Sha256};

/// What a person sends back to agree to a permission: the code and what exactly it is about.
///
/// A store may change between reading and installing, so agreeing to read one folder must not be agreeing to
/// read another.
pub(crate) fn consent(permission: &Permission) -> String {
    let risk = match permission.risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
    };
    // The text stands for details that the subject lacks: reading or changing a folder, for instance.
    let digest =
        Sha256::digest(format!("{}\0{}\0{risk}\0{}", permission.code, permission.subject, permission.text));
    let digest: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digest}", permission.code)
}

/// The texts of the permissions that were not agreed to.
pub(crate) fn not_accepted<'a>(spec: &'a AppSpec, accepted: &[String]) -> Vec<&'a str> {
    spec.permissions
        .iter()
        .filter(|permission| !accepted.contains(&consent(permission)))
        .map(|permission| permission.text.as_str())
        .collect()
}

/// The answers that the app asked for; what it did not ask for is dropped, what is wrong is said.
pub(crate) fn check(
    inputs: &[Input],
    given: &HashMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let (answers, wrong) = sorted(inputs, given);
    wrong.into_iter().next().map_or(Ok(answers), Err)
}

/// The same for a form that is not finished: the answers that can be used, and why the others cannot. A reason names
/// the question and never the answer, which may be a secret.
pub(crate) fn sorted(
    inputs: &[Input],
    given: &HashMap<String, String>,
) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut answers, mut wrong) = (BTreeMap::new(), Vec::new());
    for input in inputs.iter().filter(|input| input.kind != InputKind::Random) {
        let answer = given.get(&input.key).map(|answer| answer.trim()).filter(|answer| !answer.is_empty());
        match answer.map(|answer| (answer, check_one(input, answer))) {
            Some((answer, Ok(()))) => {
                answers.insert(input.key.clone(), answer.to_owned());
            }
            Some((_, Err(reason))) => wrong.push(reason),
            None if input.required && input.default.as_deref().is_none_or(str::is_empty) => {
                wrong.push(format!("“{}” must be answered", input.label));
            }
            None => {}
        }
    }
    (answers, wrong)
}

fn check_one(input: &Input, answer: &str) -> Result<(), String> {
    let wrong = |what: &str| {
        Err(input.pattern_error.clone().unwrap_or_else(|| format!("“{}” must be {what}", input.label)))
    };
    if answer.len() > 4096 || answer.chars().any(char::is_control) {
        return wrong("one line of at most 4,096 characters");
    }
    let length = i64::try_from(answer.chars().count()).unwrap_or(i64::MAX);
    match input.kind {
        InputKind::Number => match answer.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                let (least, most) = (input.min.unwrap_or(i64::MIN), input.max.unwrap_or(i64::MAX));
                #[expect(clippy::cast_precision_loss, reason = "bounds of a form are small numbers")]
                if number < least as f64 || number > most as f64 {
                    return wrong(&format!("between {least} and {most}"));
                }
            }
            _ => return wrong("a number"),
        },
        InputKind::Boolean if !matches!(answer, "true" | "false") => return wrong("yes or no"),
        InputKind::Email if !answer.contains('@') || answer.contains(' ') => {
            return wrong("an e-mail address");
        }
        InputKind::Url if !answer.contains("://") || answer.contains(' ') => return wrong("a web address"),
        InputKind::Ip if answer.parse::<std::net::IpAddr>().is_err() => return wrong("an IP address"),
        InputKind::Fqdn if !is_domain(answer) => return wrong("a domain name"),
        InputKind::Fqdnip if !is_domain(answer) && answer.parse::<std::net::IpAddr>().is_err() => {
            return wrong("a domain name or an IP address");
        }
        InputKind::Choice if !input.options.iter().any(|option| option.value == answer) => {
            return wrong("one of the choices");
        }
        InputKind::Text | InputKind::Password
            if input.min.is_some_and(|least| length < least)
                || input.max.is_some_and(|most| length > most) =>
        {
            let most = input.max.map_or_else(|| "any number of".to_owned(), |most| most.to_string());
            return wrong(&format!("{} to {most} characters long", input.min.unwrap_or(0)));
        }
        _ => {}
    }
    Ok(())
}

fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}
