//! What a hook may ask of umbrel's `scripts/app`: something of its own app's containers, and which apps there are.

use livos_types::AppId;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Which apps are installed.
    Installed,
    /// Start these services, or all; and, unless `alone`, those that they depend on.
    Up { services: Vec<String>, alone: bool },
    /// Stop these services, or all.
    Stop { services: Vec<String> },
    /// Stop and start these services, or all.
    Restart { services: Vec<String> },
    /// Run a service's image once, to its end.
    Run(Once),
    /// Run a command in a service's container, to its end.
    Exec(Once),
}

/// A container, or a command in one, that runs once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Once {
    pub(crate) service: String,
    pub(crate) command: Vec<String>,
    pub(crate) entrypoint: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) workdir: Option<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) alone: bool,
}

/// Reads the words after `scripts/app`.
pub(crate) fn parse(id: &AppId, words: &[String]) -> Result<Ask, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let own = |app: &str| {
        if app == id.as_str() {
            return Ok(());
        }
        Err(format!("a script of {id} may not work on {app}"))
    };
    match words.as_slice() {
        ["ls-installed"] => Ok(Ask::Installed),
        ["start", app] => own(app).map(|()| Ask::Up { services: Vec::new(), alone: false }),
        ["stop", app] => own(app).map(|()| Ask::Stop { services: Vec::new() }),
        ["restart", app] => own(app).map(|()| Ask::Restart { services: Vec::new() }),
        ["compose", app, rest @ ..] => own(app).and_then(|()| compose(rest)),
        _ => Err(impossible(&words)),
    }
}

fn impossible(words: &[&str]) -> String {
    let shown: String = words.join(" ").chars().filter(|c| !c.is_control()).take(80).collect();
    format!("“{shown}” is not possible here")
}

fn compose(words: &[&str]) -> Result<Ask, String> {
    let Some((verb, rest)) = words.split_first() else { return Err(impossible(&["compose"])) };
    match *verb {
        "run" => return once(verb, rest).map(Ask::Run),
        "exec" => return once(verb, rest).map(Ask::Exec),
        _ => {}
    }
    let mut services = Vec::new();
    let mut alone = false;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        match *word {
            // What they ask for is so anyway: nothing is attached, built or left over.
            "-d" | "--detach" | "--no-build" | "--remove-orphans" | "--quiet-pull" => {}
            "--no-deps" => alone = true,
            "-t" | "--timeout" if *verb != "up" => {
                rest.next();
            }
            option if option.starts_with('-') => return Err(impossible(&["compose", verb, option])),
            // LivOS stands in its place, and is there.
            "app_proxy" => {}
            service => services.push(service.to_owned()),
        }
    }
    match *verb {
        "up" | "start" => Ok(Ask::Up { services, alone }),
        "stop" | "kill" => Ok(Ask::Stop { services }),
        "restart" => Ok(Ask::Restart { services }),
        verb => Err(impossible(&["compose", verb])),
    }
}

fn once(verb: &str, words: &[&str]) -> Result<Once, String> {
    let mut once = Once::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, mut value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (*word, None),
        };
        let mut value =
            || value.take().or_else(|| words.next().map(|&word| word.to_owned())).unwrap_or_default();
        match option {
            "--rm" | "-T" | "--no-TTY" | "--no-tty" | "-i" | "--interactive" | "--quiet-pull" => {}
            "--no-deps" if verb == "run" => once.alone = true,
            "--entrypoint" if verb == "run" => once.entrypoint = Some(value()),
            "-u" | "--user" => once.user = Some(value()),
            "-w" | "--workdir" => once.workdir = Some(value()),
            "-e" | "--env" => {
                let pair = value();
                let (name, text) = pair.split_once('=').ok_or_else(|| impossible(&[verb, "-e", &pair]))?;
                once.env.push((name.to_owned(), text.to_owned()));
            }
            option if option.starts_with('-') => return Err(impossible(&["compose", verb, option])),
            service => {
                service.clone_into(&mut once.service);
                once.command = words.map(|&word| word.to_owned()).collect();
                // A container has a command of its own, a container that runs has none to spare.
                if verb == "exec" && once.command.is_empty() {
                    break;
                }
                return Ok(once);
            }
        }
    }
    Err(impossible(&["compose", verb]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Result<Ask, String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        parse(&AppId::new("demo").unwrap(), &words)
    }

    #[test]
    fn what_hooks_ask_for_is_read_as_compose_reads_it() {
        let services = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let up = |names: &[&str], alone| Ask::Up { services: services(names), alone };
        let stop = |names: &[&str]| Ask::Stop { services: services(names) };
        for (line, wanted) in [
            ("ls-installed", Ask::Installed),
            ("compose demo up --detach tor", up(&["tor"], false)),
            ("compose demo up -d --no-deps tor app_proxy db", up(&["tor", "db"], true)),
            ("compose demo up -d", up(&[], false)),
            ("start demo", up(&[], false)),
            ("stop demo", stop(&[])),
            ("compose demo stop -t 5 web", stop(&["web"])),
            ("compose demo restart web", Ask::Restart { services: services(&["web"]) }),
        ] {
            assert_eq!(ask(line), Ok(wanted), "{line}");
        }
        let run =
            ask("compose demo run --rm -T --no-deps -e A=b=c --entrypoint=sh --user 1000 web -c -x --rm");
        let wanted = Once {
            service: "web".to_owned(),
            command: services(&["-c", "-x", "--rm"]),
            entrypoint: Some("sh".to_owned()),
            user: Some("1000".to_owned()),
            workdir: None,
            env: vec![("A".to_owned(), "b=c".to_owned())],
            alone: true,
        };
        assert_eq!(run, Ok(Ask::Run(wanted)));
        let exec = ask("compose demo exec -T -u www-data --env=A=b web php occ --no-deps");
        let wanted = Once {
            service: "web".to_owned(),
            command: services(&["php", "occ", "--no-deps"]),
            user: Some("www-data".to_owned()),
            env: vec![("A".to_owned(), "b".to_owned())],
            ..Once::default()
        };
        assert_eq!(exec, Ok(Ask::Exec(wanted)));
    }

    #[test]
    fn other_apps_and_what_is_not_known_are_refused() {
        for (line, words) in [
            ("compose other up -d", "may not work on other"),
            ("restart other", "may not work on other"),
            ("compose other exec web sh", "may not work on other"),
            ("compose demo exec web", "compose exec"),
            ("compose demo exec --privileged web sh", "exec --privileged"),
            ("compose demo exec -d web sh", "exec -d"),
            ("compose demo exec --no-deps web sh", "exec --no-deps"),
            ("compose demo up --scale web=9", "--scale"),
            ("compose demo run -v /:/host web", "run -v"),
            ("compose demo run --rm", "compose run"),
            ("compose demo", "compose"),
            ("compose", "compose"),
            ("reinstall demo", "reinstall demo"),
            ("", "not possible"),
        ] {
            let refused = ask(line).unwrap_err();
            assert!(refused.contains(words), "{line}: {refused}");
        }
    }
}
