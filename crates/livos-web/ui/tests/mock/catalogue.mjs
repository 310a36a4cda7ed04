// What the pretended source of apps offers, and what is found when it is looked at.
export const CATALOG = [
  ["jellyfin", "Jellyfin", "Your films and series, on every screen", "Media", "10.9.11"],
  ["immich", "Immich", "Photos and videos, backed up from your phone", "Media", "1.119.0"],
  ["nextcloud", "Nextcloud", "Files, calendar and contacts", "Productivity", "30.0.2"],
  ["vaultwarden", "Vaultwarden", "A password manager for the family", "Security", "1.32.5"],
  ["home-assistant", "Home Assistant", "Lights, heating and sensors in one place", "Home", "2024.11"],
  ["pihole", "Pi-hole", "Blocks advertisements for the whole network", "Network", "2024.07"],
  ["gitea", "Gitea", "Your own place for code", "Development", "1.22.4"],
  ["paperless", "Paperless-ngx", "Scans, sorts and finds documents", "Productivity", "2.13"],
  ["freshrss", "FreshRSS", "News from the sites you follow", "News", "1.24"],
  ["dozzle", "Dozzle", "The logs of all containers, as they come", "Utilities", "8.13"],
  ["navidrome", "Navidrome", "Your music, streamed", "Media", "0.53"],
];

/** Ports that are not the ones their source asks for. */
export const MOVED = {
  vaultwarden: [
    { key: "page", asked: 8080, given: 42003, by: "Jellyfin" },
    { key: "3012/tcp", asked: 3012, given: 42004, by: "" },
  ],
  freshrss: [{ key: "53/udp", asked: 53, given: 0, by: "Pi-hole" }],
};
export const DOCKER_VIEW = {
  code: "docker_view-1",
  text: "See all containers of this machine, with their commands and everything that they log, and change nothing in Docker.",
  risk: "medium",
};
export const DOCKER_CONTROL = {
  code: "docker_socket-1",
  text: "Control Docker, and with it every app and this whole machine.",
  risk: "high",
};
/** Which app needs which others, in the order in which they can be installed. */
export const NEEDS = { paperless: ["gitea", "navidrome"] };

const check = (name, words, state = "ok", next = "") => ({ check: name, state, words, next });

/** What a roomy server finds. */
export function checksOf(moved = [], app = undefined, typed = {}) {
  const dns = Object.values(typed).includes("53");
  const stuck = dns || moved.some(({ given }) => given === 0);
  const checks = [
    check("docker", "Docker 28.1.1 can be used."),
    ...(app ? [check("version", `It is brought from ${app.version} to ${app.update ?? app.version}.`)] : []),
    check("architecture", "It is made for machines like this one (amd64)."),
    check(
      "memory",
      "It is to have at least 512 MB of memory; 5.9 GB of 8.2 GB are available beside what runs.",
    ),
    check("disk", "212.4 GB are free where apps keep their data."),
    check(
      "download",
      "One part is downloaded. How much that is, Docker says as soon as it begins; it stops at once if that does not fit.",
    ),
    moved.length === 0 && !dns
      ? check("ports", "The ports that it asks for are free.")
      : check(
          "ports",
          dns ? "Port 53 belongs to systemd-resolved." : "A port belongs to somebody else.",
          stuck ? "block" : "warn",
          "It can be given other ports in its settings.",
        ),
    ...(app
      ? [check("copy", "A copy for the way back is made first; it takes 1.2 GB, for which there is room.")]
      : []),
  ];
  const state = stuck ? "block" : moved.length > 0 ? "warn" : "ok";
  return { state, checks };
}
