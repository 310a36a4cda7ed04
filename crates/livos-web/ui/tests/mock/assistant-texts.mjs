/** What the assistant of the mock says and has said. */

const tool = (name, summary, input, output, duration_ms = 400) => ({
  name,
  summary,
  input,
  output,
  duration_ms,
});

const STATS = "NAME       CPU    MEMORY\njellyfin   96 %   1.9 GB of 2 GB\nimmich      3 %   610 MB\n";

/** A run with a thought, two tools and an answer in pieces. */
export const WORK = [
  { think: "The person wants to know why the server is slow. " },
  { think: "I look at the containers first." },
  { tool: tool("docker_stats", "Read container stats", {}, STATS) },
  {
    tool: tool(
      "logs",
      "Read the log of jellyfin",
      { app: "jellyfin", lines: 50 },
      "transcoding in software\n",
      1_200,
    ),
  },
  { say: "Jellyfin is **transcoding in software**" },
  { say: ", which keeps all processors busy.\n\n" },
  { say: "| App | Processor |\n|---|---:|\n| Jellyfin | 96 % |\n" },
  { say: "| Immich | 3 % |\n\n" },
  { say: "Turn on the graphics card in its settings:\n\n```yaml\ndevices:\n" },
  { say: "  - /dev/dri:/dev/dri\n```\n\nThat is all." },
];

const STEPS = [
  ["sysinfo", "Looked at the processors", "load 7.9 of 4"],
  ["docker_list", "Listed the containers", "jellyfin, immich, gitea"],
  ["docker_stats", "Read container stats", STATS],
  [
    "logs",
    "Read the log of jellyfin",
    "[transcode] h264_vaapi: no device\n[transcode] falling back to libx264",
  ],
  ["files_list", "Looked into Media", "Films, Series"],
  ["docker_inspect", "Looked at how jellyfin is set up", "devices: []"],
];

export const ANSWER = `## What I found

Jellyfin turns films into another format **in software**, which keeps every processor busy. The graphics card could do that, but the container doesn't have it.

| App | Processor | Memory |
|:--|--:|--:|
| Jellyfin | 96 % | 1.9 GB |
| Immich | 3 % | 610 MB |
| Gitea | 1 % | 180 MB |

### What to do

1. Open Jellyfin's settings in the App Store.
2. Give it the graphics card:

\`\`\`yaml
services:
  jellyfin:
    devices:
      - /dev/dri/renderD128:/dev/dri/renderD128   # the first graphics card, for decoding and for encoding films
\`\`\`

3. In Jellyfin, choose *VA-API* under **Playback**.

- [x] The card is there
- [ ] Jellyfin may use it

> Films that a television can play as they are need none of this.

See [the guide](https://jellyfin.org/docs/general/administration/hardware-acceleration) or https://jellyfin.org.

![A diagram of the parts](https://images.example.net/diagram.png)
`;

export const RICH = [
  { kind: "person", text: "Why is Jellyfin slow tonight?\nIt was fine yesterday." },
  { kind: "thinking", text: "Transcoding is the usual reason. I look at load, containers and the log." },
  ...STEPS.map(([name, summary, output], index) => ({
    kind: "tool",
    call: `call-${index}`,
    ...tool(name, summary, { app: "jellyfin" }, output, 150 + index * 700),
    state: "done",
  })),
  { kind: "answer", text: ANSWER, usage: { input: 8_412, output: 640 } },
  { kind: "person", text: "And who watched something?" },
  {
    kind: "tool",
    call: "call-9",
    name: "logs",
    summary: "Read the log of jellyfin",
    input: { app: "jellyfin" },
    state: "failed",
    problem: { code: "failed", message: "the log is 2 GB long and was not read" },
    duration_ms: 5_000,
  },
  { kind: "answer", text: "That is not in what I can read here.", usage: { input: 9_100, output: 20 } },
];

export const LONG_ANSWER = [
  { kind: "person", text: "How is it?" },
  { kind: "answer", text: "All is well.\n\n".repeat(3), usage: { input: 900, output: 12 } },
];

/** What must never do anything: scripts, frames, addresses that run, pictures that tell on the reader. */
export const HOSTILE = `<script>window.pwned = 1</script>

<img src="https://tracker.example/p.png" onerror="window.pwned = 2">

[click](javascript:window.pwned=3) and [data](data:text/html,<script>window.pwned=4</script>) and
[https://bank.example](https://evil.example/login)

![pixel](https://tracker.example/pixel.png) ![file](file:///etc/passwd)

<iframe src="https://evil.example"></iframe> <b onclick="window.pwned=5">bold</b>

${"> ".repeat(400)}deep

${"| a | b | c |\n|---|---|---|\n"}${"| 1 | 2 | 3 |\n".repeat(5_000)}
`;
