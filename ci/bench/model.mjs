// The model of the part `nexus`: a server that speaks the providers' protocols and that isn't ours. Prints its address,
// and ends with whoever holds its standard input. `nexus.py` gives this text to Node where the package is.
import { LLMock } from "@copilotkit/aimock";

const count = Array.from({ length: Number(process.env.MODEL_COUNT) }, (_, number) => `${number + 1},`).join(" ");
const mock = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 5, strict: true, logLevel: "silent" });
mock.addFixturesFromJSON([
  { match: { userMessage: "Answer with the word OK." }, response: { content: "OK" } },
  { match: { userMessage: "good morning" }, response: { content: "Good morning." } },
  { match: { userMessage: "count slowly" }, response: { content: `${count} done` }, latency: 25 },
]);
console.log(await mock.start());
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
