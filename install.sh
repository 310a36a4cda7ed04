#!/usr/bin/env bash
# Puts LivOS on an Ubuntu or Debian server, upgrades it, repairs it, or takes it away.
#
# It looks first and says what it found; then it says what it will do; then it asks. Nothing changes before that.
# Running it again is how an interrupted or broken installation is repaired.
set -euo pipefail

LOG=${LIVOS_INSTALL_LOG:-/var/log/livos-install.log}
LIST=/etc/apt/sources.list.d/livos.sources
KEYRING=/usr/share/keyrings/livos-archive-keyring.gpg
CONFIG=/etc/livos/livos.toml
MARK="# Written by install.sh; it is replaced by the next run until this line is removed."
LEAST_MEMORY_MB=900
LEAST_DISK_MB=2500

DEB_DIR=${LIVOS_INSTALL_DEB:-}
REPO=${LIVOS_INSTALL_REPO:-}
KEY=${LIVOS_INSTALL_KEY:-}
DOMAIN=${LIVOS_INSTALL_DOMAIN-unset}
PORT=${LIVOS_INSTALL_PORT:-}
YES=${LIVOS_INSTALL_YES:-}
DRY_RUN=
UNINSTALL=
ALONGSIDE=${LIVOS_INSTALL_ALONGSIDE:-}

STEP=0
STEPS=0
CHILD=
STOPPING=
NOTES=()
PROBLEMS=()

usage() {
  cat <<'END'
Puts LivOS on this server, upgrades it, or repairs it.

  install.sh --repo URL --key FILE     from a package archive, checked with its public key
  install.sh --deb FOLDER              from packages in a folder; what they need comes from there or from your archive

  --domain NAME    people will open the server under this name; --domain none: by address and in the home network only
  --port NUMBER    the port of the web page; 80, or 8080 if something else answers there
  --yes            don't ask; take the defaults
  --dry-run        look, and say what would be done
  --uninstall      take LivOS away; files, apps' data and settings stay
  --alongside      install although the older Node.js LivOS is here; it stays as it is
  --log FILE       where everything is written down; /var/log/livos-install.log
  --help           this

Each is also a variable: LIVOS_INSTALL_REPO, _KEY, _DEB, _DOMAIN, _PORT, _YES=1, _ALONGSIDE=1, _LOG.
It leaves other people's containers, sites and firewall rules alone.
END
}

say() { printf '%s\n' "$*"; note "$*"; }
note() { if [[ -n ${LOG_OPEN:-} ]]; then printf '%(%F %T)T %s\n' -1 "$*" >>"$LOG"; fi; }
fail() {
  printf '\nLivOS was not installed: %s\n' "$1" >&2
  note "failed: $1"
  if [[ -n ${2:-} ]]; then printf '%s\n' "$2" >&2; fi
  if [[ -n ${LOG_OPEN:-} ]]; then printf 'Everything that was done is in %s\n' "$LOG" >&2; fi
  exit 1
}

arguments() {
  while (($#)); do
    case $1 in
      --deb | --repo | --key | --domain | --port | --log)
        (($# > 1)) || { echo "install.sh: $1 needs a value; see --help" >&2; exit 2; }
        case $1 in
          --deb) DEB_DIR=$2 ;;
          --repo) REPO=$2 ;;
          --key) KEY=$2 ;;
          --domain) DOMAIN=$2 ;;
          --port) PORT=$2 ;;
          --log) LOG=$2 ;;
        esac
        shift
        ;;
      --yes | -y) YES=1 ;;
      --dry-run) DRY_RUN=1 ;;
      --uninstall) UNINSTALL=1 ;;
      --alongside) ALONGSIDE=1 ;;
      --help | -h) usage; exit 0 ;;
      *) echo "install.sh: unknown option $1; see --help" >&2; exit 2 ;;
    esac
    shift
  done
  if [[ -n $PORT && ! ($PORT =~ ^[0-9]{1,5}$ && $PORT -ge 1 && $PORT -le 65535) ]]; then
    echo "install.sh: --port $PORT is no port" >&2
    exit 2
  fi
  if [[ $DOMAIN != unset && $DOMAIN != none && -n $DOMAIN && ! $DOMAIN =~ ^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$ ]]; then
    echo "install.sh: --domain $DOMAIN is no name of a server" >&2
    exit 2
  fi
  if [[ -n $REPO && ! $REPO =~ ^(https?://|file:/)[^[:space:]]+$ ]]; then
    echo "install.sh: --repo $REPO is no address" >&2
    exit 2
  fi
}

# --- looking ---------------------------------------------------------------------------------------

installed() { # PACKAGE: its version, if it is installed
  local found
  found=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "$1" 2>/dev/null) || return 1
  [[ $found == installed\ * ]] && printf '%s' "${found#installed }"
}

listener() { # PORT: who listens there, if anybody
  local line
  line=$(ss -Hltnp "sport = :$1" 2>/dev/null | head -n 1) || true
  [[ -n $line ]] || return 1
  if [[ $line =~ \"([^\"]+)\" ]]; then printf '%s' "${BASH_REMATCH[1]}"; else printf 'another program'; fi
}

check_release() {
  local id='' version='' name=''
  if [[ -r /etc/os-release ]]; then
    # shellcheck source=/dev/null
    id=$(. /etc/os-release && echo "${ID:-}")
    # shellcheck source=/dev/null
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    # shellcheck source=/dev/null
    name=$(. /etc/os-release && echo "${PRETTY_NAME:-}")
  fi
  case $id:${version%%.*} in
    ubuntu:2[2-9] | ubuntu:[3-9][0-9] | debian:1[2-9] | debian:[2-9][0-9]) say "  system        $name" ;;
    ubuntu:* | debian:*) PROBLEMS+=("${name:-this release} is too old: Ubuntu 22.04 or Debian 12 is needed, or newer") ;;
    *) PROBLEMS+=("${name:-this system} is neither Ubuntu nor Debian") ;;
  esac
  local architecture
  architecture=$(dpkg --print-architecture 2>/dev/null) || architecture=$(uname -m)
  case $architecture in
    amd64 | arm64) say "  processor     $architecture" ;;
    *) PROBLEMS+=("there are no packages for $architecture; amd64 and arm64 are supported") ;;
  esac
  [[ -d /run/systemd/system ]] || PROBLEMS+=("systemd does not run here; LivOS needs it (a container is not enough)")
}

check_room() {
  local memory free place
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  say "  memory        $memory MB"
  ((memory >= LEAST_MEMORY_MB)) || PROBLEMS+=("$memory MB of memory is too little; LivOS with an app or two needs 1 GB")
  for place in /usr /var /srv; do
    [[ -d $place ]] || continue
    free=$(df -Pk "$place" | awk 'NR == 2 { print int($4 / 1024) }')
    if [[ $place == /var ]]; then say "  free disk     $free MB"; fi
    if ((free < LEAST_DISK_MB)) && [[ -z $(installed livos) ]]; then
      PROBLEMS+=("only $free MB are free in $place; $LEAST_DISK_MB MB are needed to begin with")
      break
    fi
  done
}

check_ports() {
  local port who
  for port in 80 443 8080; do
    if who=$(listener "$port"); then say "  port $(printf '%-9s' $port)taken by $who"; else say "  port $(printf '%-9s' $port)free"; fi
  done
  if [[ -n $PORT ]]; then
    if who=$(listener "$PORT") && [[ $who != caddy || -z $(installed livos) ]]; then
      PROBLEMS+=("port $PORT is taken by $who; choose another with --port")
    fi
  elif [[ ! -e $CONFIG && -z $(installed livos) ]] && who=$(listener 80) && [[ $who != caddy || -n $(caddy_site) ]]; then
    NOTES+=("$who answers on port 80 and goes on doing so; LivOS takes port 8080, or the next free one")
  fi
}

caddy_site() { # whether Caddy here shows more than the welcome page of its package
  [[ -f /etc/caddy/Caddyfile ]] || return 0
  local shipped
  # shellcheck disable=SC2016 # dpkg fills this in
  shipped=$(dpkg-query -W -f='${Conffiles}\n' caddy 2>/dev/null | awk '$1 == "/etc/caddy/Caddyfile" { print $2; exit }') || true
  [[ $(md5sum </etc/caddy/Caddyfile | cut -d' ' -f1) == "$shipped" ]] || echo yes
}

check_neighbours() {
  local name count
  for name in nginx apache2 lighttpd haproxy traefik; do
    if systemctl -q is-active "$name" 2>/dev/null; then NOTES+=("$name runs here and is left alone"); fi
  done
  if [[ -n $(installed caddy) && -n $(caddy_site) ]]; then
    NOTES+=("Caddy serves a site of yours and is left alone; LivOS runs a Caddy of its own beside it")
  fi
  if [[ $(readlink -f "$(command -v docker || true)") == *snap* ]]; then
    PROBLEMS+=("Docker is installed as a snap, which can't reach the folders of apps; remove it (snap remove docker) and run this again")
  elif command -v dockerd >/dev/null; then
    # Each container has a process of this name; Docker's own command line is not always there to ask.
    count=$(pgrep -fc '^[^ ]*containerd-shim') || count=0
    say "  Docker        $(dockerd --version 2>/dev/null | sed -n 's/^Docker version \([^,]*\).*/\1/p'), $count containers running"
    if ((count > 0)) && [[ -z $(installed livos) ]]; then NOTES+=("containers of yours run ($count); they are not touched"); fi
  else
    say "  Docker        will be installed"
  fi
  if [[ -n $(installed podman-docker) ]]; then
    PROBLEMS+=("podman-docker takes Docker's place here; remove it (apt-get remove podman-docker) and run this again")
  fi
}

check_earlier() {
  local version place found=()
  if version=$(installed livos); then say "  LivOS         $version is installed; it is upgraded or repaired"; fi
  # What the Node.js LivOS left where, by its installers.
  for place in /opt/livos/packages /opt/livos/.git /opt/livos/livos /opt/liv/packages /opt/nexus/packages /opt/nexus/app; do
    if [[ -e $place ]]; then found+=("$place"); fi
  done
  for place in livos liv-core liv-memory liv-worker livinity; do
    if [[ -e /etc/systemd/system/$place.service ]]; then found+=("$place.service"); fi
  done
  ((${#found[@]})) || return 0
  say "  older LivOS   ${found[*]}"
  if [[ -n $ALONGSIDE ]]; then
    NOTES+=("the older Node.js LivOS (${found[*]}) stays as it is; the new one begins empty beside it")
  else
    PROBLEMS+=("the older Node.js LivOS is here (${found[*]}); its data is not taken over yet. --alongside installs beside it")
  fi
}

check_source() {
  if [[ -n $DEB_DIR ]]; then
    [[ -d $DEB_DIR ]] || PROBLEMS+=("there is no folder $DEB_DIR")
    DEB_DIR=$(cd "$DEB_DIR" 2>/dev/null && pwd) || true
    [[ -n $(newest_deb) ]] || PROBLEMS+=("there is no livos package for $(dpkg --print-architecture) in ${DEB_DIR:-the folder}")
  elif [[ -n $REPO ]]; then
    if [[ -z $KEY && ! -s $KEYRING ]]; then
      PROBLEMS+=("--repo needs --key, the archive's public key; without it nothing proves who made the packages")
    fi
    [[ -z $KEY || -s $KEY ]] || PROBLEMS+=("there is no key in $KEY")
  elif [[ ! -e $LIST && -z $(installed livos) ]]; then
    PROBLEMS+=("nothing says where the packages are: give --repo URL --key FILE, or --deb FOLDER")
  fi
}

newest_deb() {
  local file best='' version best_version='' architecture
  architecture=$(dpkg --print-architecture)
  for file in "$DEB_DIR"/livos_*_"$architecture".deb; do
    [[ -f $file ]] || continue
    version=$(dpkg-deb -f "$file" Version 2>/dev/null) || continue
    if [[ -z $best ]] || dpkg --compare-versions "$version" gt "$best_version"; then best=$file best_version=$version; fi
  done
  printf '%s' "$best"
}

look() {
  say "Looking at this machine"
  check_release
  check_room
  check_ports
  check_neighbours
  check_earlier
  check_source
  local line
  if ((${#NOTES[@]})); then
    say ""
    for line in "${NOTES[@]}"; do say "  · $line"; done
  fi
  if ((${#PROBLEMS[@]})); then
    printf '\nLivOS can not be installed here yet:\n' >&2
    for line in "${PROBLEMS[@]}"; do printf '  ✗ %s\n' "$line" >&2; note "problem: $line"; done
    printf 'Nothing was changed.\n' >&2
    exit 1
  fi
}

# --- asking ----------------------------------------------------------------------------------------

ask() { # QUESTION DEFAULT: what is typed at the terminal, also when this script came through a pipe
  local answer
  printf '%s ' "$1" >/dev/tty
  IFS= read -r answer </dev/tty || answer=
  printf '%s' "${answer:-$2}"
}

can_ask() { [[ -z $YES ]] && { : </dev/tty; } 2>/dev/null; }

questions() {
  if [[ $DOMAIN == unset && ! -e $CONFIG && -z $(installed livos) && -z $DRY_RUN ]] && can_ask; then
    DOMAIN=$(ask "The name under which people open this server, such as home.example.org (Enter: by address, at home only):" none)
  fi
  [[ $DOMAIN != unset && -n $DOMAIN ]] || DOMAIN=none
}

plan() {
  say ""
  say "What will be done"
  if [[ -n $DEB_DIR ]]; then
    say "  · install $(basename "$(newest_deb)") and what it needs"
  else
    [[ -z $REPO ]] || say "  · add the package archive $REPO to apt"
    say "  · install or upgrade the package livos and what it needs"
  fi
  [[ $DOMAIN == none && -z $PORT ]] || say "  · write $CONFIG"
  say "  · start LivOS and wait until it answers"
  if [[ -n $DRY_RUN ]]; then
    say ""
    say "That was a dry run; nothing was changed."
    exit 0
  fi
  if can_ask; then
    local answer
    answer=$(ask "Go on? [Y/n]" y)
    [[ $answer == [yY]* ]] || { say "Nothing was changed."; exit 0; }
  fi
}

# --- doing -----------------------------------------------------------------------------------------

step() {
  if [[ -n $STOPPING ]]; then stop_now; fi
  STEP=$((STEP + 1))
  say "[$STEP/$STEPS] $1"
}

# Ctrl-C never interrupts dpkg at its work: what can be broken off is, the rest is finished first.
on_interrupt() {
  STOPPING=1
  if [[ -n $CHILD && -n ${BREAKABLE:-} ]]; then
    kill -- "-$CHILD" 2>/dev/null || true
  elif [[ -n $CHILD ]]; then
    printf '\nFinishing this step first, so that nothing is half installed.\n' >&2
  else
    stop_now
  fi
}

stop_now() {
  printf '\nStopped. Run this again to go on where it stopped.\n' >&2
  note "stopped by the user"
  exit 130
}

# Runs in a session of its own, out of the terminal's reach; output goes to the log, progress to the screen.
protected() {
  local status=0
  setsid "$@" </dev/null >>"$LOG" 2>&1 &
  CHILD=$!
  while :; do
    status=0
    wait "$CHILD" || status=$?
    kill -0 "$CHILD" 2>/dev/null || break
  done
  CHILD=
  return "$status"
}

apt() {
  local progress="" status=0
  progress=$(mktemp -u)
  mkfifo -m 600 "$progress"
  # Held open from here, so that neither side waits for the other to come.
  exec 5<>"$progress"
  show_progress <"$progress" 5>&- &
  local shower=$!
  # shellcheck disable=SC2016 # the inner shell fills these in
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a protected bash -c 'exec 3>"$1"; shift; exec "$@"' _ "$progress" \
    apt-get -q -y -o APT::Status-Fd=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Acquire::Retries=2 "$@" 5>&- || status=$?
  exec 5>&-
  wait "$shower" 2>/dev/null || true
  rm -f "$progress"
  if [[ -n $STOPPING ]]; then stop_now; fi
  return "$status"
}

show_progress() {
  local kind rest percent text shown=-10 last=
  trap '' INT
  while IFS=: read -r kind _ percent rest; do
    [[ $kind == dlstatus || $kind == pmstatus ]] || continue
    percent=${percent%%.*} text=${rest:0:60}
    if [[ -t 1 ]]; then
      if [[ $percent$text != "$last" ]]; then printf '\r      %3d %%  %-60s' "$percent" "$text"; fi
      last=$percent$text
    elif ((percent >= shown + 10 || percent < shown)); then
      printf '      %3d %%  %s\n' "$percent" "$text"
      shown=$percent
    fi
  done
  if [[ -t 1 ]]; then printf '\r%80s\r' ''; fi
}

add_archive() {
  [[ -n $REPO && -z $DEB_DIR ]] || return 0
  if [[ -n $KEY ]]; then
    if grep -q -- '-----BEGIN' "$KEY"; then
      command -v gpg >/dev/null || fail "the key is armoured and gpg is not here to read it" "Install gpg, or give the binary key."
      gpg --batch --yes --dearmor --output "$KEYRING.new" "$KEY" 2>>"$LOG"
    else
      cp -- "$KEY" "$KEYRING.new"
    fi
    chmod 644 "$KEYRING.new"
    mv -f "$KEYRING.new" "$KEYRING"
  fi
  printf 'Types: deb\nURIs: %s\nSuites: stable\nComponents: main\nSigned-By: %s\n' "$REPO" "$KEYRING" >"$LIST.new"
  mv -f "$LIST.new" "$LIST"
}

repair_packages() {
  # What an earlier run, or anybody, left half done.
  if [[ -n $(dpkg --audit 2>/dev/null) ]]; then
    say "      finishing what an interrupted installation left"
    protected dpkg --configure -a --force-confdef --force-confold || true
    apt -f install || true
  fi
}

refresh_lists() {
  [[ -z $DEB_DIR ]] || return 0
  BREAKABLE=1
  if ! apt -o APT::Update::Error-Mode=any update; then
    BREAKABLE=
    [[ -n $STOPPING ]] && stop_now
    # Ours is the one that counts; a foreign archive that is away must not be in the way.
    if ! apt-cache policy livos 2>/dev/null | grep -q 'Candidate: [0-9]'; then
      # What was added for nothing goes again, unless a package brought it.
      if [[ -z $(installed livos) ]]; then rm -f "$LIST"; fi
      if [[ -z $(installed livos-archive-keyring) ]]; then rm -f "$KEYRING"; fi
      fail "the package archive could not be reached, or its signature is wrong" \
        "$(grep -E '^(E|W|Err):? ' "$LOG" | tail -n 3 || true)"
    fi
    say "      some package archives could not be reached; going on with what is known"
  fi
  BREAKABLE=
}

install_packages() {
  local wanted=(livos)
  if [[ -n $DEB_DIR ]]; then
    local file
    wanted=("$(newest_deb)")
    for file in "$DEB_DIR"/*.deb; do
      # Our own other packages are not for a server; the rest of the folder is what livos needs.
      [[ $(basename "$file") == livos* ]] || wanted+=("$file")
    done
  else
    wanted+=(livos-archive-keyring)
    BREAKABLE=1
    apt --download-only install "${wanted[@]}" || {
      BREAKABLE=
      fail "the packages could not be downloaded" "$(grep -E '^E: ' "$LOG" | tail -n 3 || true)"
    }
    BREAKABLE=
  fi
  apt --allow-downgrades --reinstall install "${wanted[@]}" || {
    fail "apt could not install the packages" "$(grep -E '^E: |dpkg: error' "$LOG" | tail -n 5 || true)"
  }
}

configure() {
  local who
  if [[ $DOMAIN == none && -z $PORT ]]; then return 0; fi
  if [[ -e $CONFIG ]] && ! head -n 1 "$CONFIG" | grep -qxF "$MARK"; then
    say "      $CONFIG is yours and stays as it is; --domain and --port were not written"
    return 0
  fi
  mkdir -p /etc/livos
  {
    echo "$MARK"
    if [[ $DOMAIN != none ]]; then printf '[web]\npublic_url = "http://%s%s"\n' "$DOMAIN" "$([[ ${PORT:-80} == 80 ]] || echo ":$PORT")"; fi
    if [[ -n $PORT ]]; then
      printf '[caddy]\nlisten = [":%s"]\nhttp_port = %s\n' "$PORT" "$PORT"
      # Whoever has port 443 keeps it.
      if who=$(listener 443) && [[ $who != caddy ]]; then printf 'https_port = 0\n'; fi
    fi
  } >"$CONFIG.new"
  mv -f "$CONFIG.new" "$CONFIG"
}

web_port() {
  local found
  found=$(livos config check --json 2>/dev/null | tr -d ' \n' | sed -n 's/.*"caddy\.http_port":"\?\([0-9]*\).*/\1/p') || true
  printf '%s' "${found:-80}"
}

answers() { # PORT: whether LivOS says it is well there
  local head
  { exec 4<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET /api/v1/health HTTP/1.0\r\nHost: localhost\r\n\r\n' >&4
  IFS= read -t 5 -r head <&4 || head=
  exec 4>&-
  [[ $head == *" 200 "* ]]
}

start() {
  systemctl daemon-reload
  systemctl reset-failed 'livos-*' 2>/dev/null || true
  systemctl enable -q --now docker.service 2>/dev/null || true
  systemctl enable -q livos-web.socket livos.target
  systemctl start livos-web.socket livos.target
  # The front door and its engine read the configuration when they start.
  if [[ -n $1 ]]; then systemctl restart livos-caddy.service livos-apps.service livos-web.service; fi
  local port until=$((SECONDS + 120))
  port=$(web_port)
  until answers "$port"; do
    if [[ -n $STOPPING ]]; then stop_now; fi
    if ((SECONDS > until)); then
      systemctl --no-pager --plain list-units 'livos*' >>"$LOG" 2>&1 || true
      journalctl --no-pager -b -n 100 -u 'livos-*' >>"$LOG" 2>&1 || true
      fail "it is installed, but does not answer on port $port" "Look with: livos status; journalctl -u 'livos-*'"
    fi
    sleep 1
  done
}

farewell() {
  local port suffix='' address name code
  port=$(web_port)
  [[ $port == 80 ]] || suffix=":$port"
  address=$(ip -4 -o route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p') || true
  [[ -n $address ]] || address=$(hostname -I 2>/dev/null | cut -d' ' -f1)
  name=$(hostname)
  say ""
  say "LivOS $(installed livos) is ready"
  say "  open          http://${address:-$name}$suffix/"
  if [[ $DOMAIN != none ]]; then say "  or            http://$DOMAIN$suffix/"; fi
  # The code is a secret: to the screen, not to the log.
  if code=$(livos setup-code --wait 20 2>/dev/null) && [[ -n $code ]]; then
    printf '  claim code    %s\n' "$code"
    printf "  The first page asks for it. 'livos setup-code' prints it again.\n"
  else
    say "  It has an owner already; sign in as before."
  fi
  if [[ $DOMAIN != none ]]; then
    say "  HTTPS works beside it once a device trusts this server: http://$DOMAIN$suffix/trust says how."
  fi
}

uninstall() {
  local version
  if ! version=$(installed livos); then say "LivOS is not installed."; exit 0; fi
  say "LivOS $version will be removed. Files, apps' data and settings stay where they are:"
  say "  /srv/livos, /var/lib/livos, /etc/livos"
  if [[ -n $DRY_RUN ]]; then say "That was a dry run; nothing was changed."; exit 0; fi
  if can_ask; then
    [[ $(ask "Go on? [y/N]" n) == [yY]* ]] || { say "Nothing was changed."; exit 0; }
  fi
  STEPS=2
  step "Removing the package"
  apt remove livos || fail "apt could not remove the package" "$(grep -E '^E: ' "$LOG" | tail -n 3 || true)"
  step "Forgetting the package archive"
  rm -f "$LIST"
  say "LivOS is gone. 'apt-get purge livos' deletes accounts and settings too; people's files stay even then."
}

main() {
  arguments "$@"
  if [[ $EUID -ne 0 ]]; then
    echo "install.sh: run this as root: sudo bash install.sh ..." >&2
    exit 1
  fi
  for program in apt-get dpkg ss awk setsid flock pgrep systemctl; do
    command -v "$program" >/dev/null || { echo "install.sh: $program is missing; is this Ubuntu or Debian, with iproute2 and procps?" >&2; exit 1; }
  done
  if [[ -z $DRY_RUN ]]; then
    # Two at once would undo each other's work.
    exec 9>/run/livos-install.lock
    flock -n 9 || { echo "install.sh: another installation is running" >&2; exit 1; }
    (umask 077 && : >>"$LOG") || { echo "install.sh: $LOG can't be written; choose another with --log" >&2; exit 1; }
    LOG_OPEN=1
    note "started"
  fi
  trap on_interrupt INT TERM HUP
  if [[ -n $UNINSTALL ]]; then uninstall; exit 0; fi
  look
  questions
  plan
  local before
  before=$(md5sum "$CONFIG" 2>/dev/null || true)
  STEPS=5
  step "Preparing apt"
  repair_packages
  add_archive
  step "Reading the lists of packages"
  refresh_lists
  step "Configuring"
  configure
  step "Installing LivOS"
  install_packages
  step "Starting LivOS"
  if [[ $(md5sum "$CONFIG" 2>/dev/null || true) == "$before" ]]; then start ""; else start changed; fi
  farewell
}

main "$@"
