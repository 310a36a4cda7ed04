// The model of these tests, in every dialect: a server that speaks the providers' protocols and that we didn't write.
// A file that is named says other fixtures than these. Prints its address, and ends with whoever holds its standard input.
import { readFileSync } from "node:fs";
import { LLMock } from "@copilotkit/aimock";

const asked = (text) => ({ match: { userMessage: text, hasToolResult: false } });
const counting = Array.from({ length: 60 }, (_, number) => `${number + 1},`).join(" ");

const fixtures = [
  { match: { userMessage: "Answer with the word OK." }, response: { content: "OK" } },
  {
    ...asked("why is my server slow"),
    response: {
      content: "I will look.",
      toolCalls: [
        { id: "call_status", name: "status", arguments: {} },
        { id: "call_cpu", name: "sysinfo", arguments: { topic: "cpu" } },
        { id: "call_log", name: "docker_logs", arguments: { app: "nothing" } },
      ],
    },
  },
  {
    match: { userMessage: "why is my server slow", hasToolResult: true },
    response: { content: "Docker is not there, so no app can be the cause." },
  },
  {
    ...asked("what is six times seven"),
    response: {
      toolCalls: [{ id: "call_shell", name: "shell", arguments: { cmd: "echo $((6 * 7)); cat /etc/passwd; ls /home" } }],
    },
  },
  { match: { userMessage: "what is six times seven", hasToolResult: true }, response: { content: "It is 42." } },
  { match: { userMessage: "count slowly" }, response: { content: `${counting} done` }, latency: 40 },
];

const mock = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 4, strict: true, logLevel: "silent" });
const [, , file] = process.argv;
mock.addFixturesFromJSON(file ? JSON.parse(readFileSync(file, "utf8")) : fixtures);
console.log(await mock.start());
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
