// The model server of the contract: one pool of answers, spoken in every dialect. Prints its address, and ends with
// whoever holds its standard input.
import { LLMock } from "@copilotkit/aimock";

const words = (text) => ({ match: { userMessage: text, hasToolResult: false } });
const usage = { prompt_tokens: 120, completion_tokens: 45, total_tokens: 165 };
const failure = (text, status, message, type, code, more = {}) => ({
  match: { userMessage: text },
  response: { status, error: { message, type, code }, ...more },
});

const fixtures = [
  { ...words("say it"), response: { content: "Grüße aus 東京, it is done.", usage } },
  {
    ...words("look once"),
    response: { content: "I will look.", toolCalls: [{ id: "call_one", name: "look", arguments: { at: "Döner/語" } }] },
  },
  { match: { userMessage: "look once", hasToolResult: true }, response: { content: "I have looked." } },
  {
    ...words("look twice"),
    response: {
      toolCalls: [
        { id: "call_a", name: "look", arguments: { at: "left", deep: { list: [1, 2, { x: null }] } } },
        { id: "call_b", name: "count", arguments: {} },
      ],
    },
  },
  {
    match: { userMessage: "look twice", toolCallId: "call_b", toolResultContains: "forty-two" },
    response: { content: "Left, and forty-two." },
  },
  {
    ...words("think and look"),
    response: {
      reasoning: "First I look, then I say.",
      reasoningSignature: "c2lnbmVk",
      toolCalls: [{ id: "call_t", name: "look", arguments: { at: "here" } }],
    },
  },
  { match: { userMessage: "think and look", hasToolResult: true }, response: { content: "Here it is." } },
  { ...words("go on for ever"), response: { content: "And then, and", finishReason: "length", usage } },
  { match: { userMessage: "something bad", model: "claude-sonnet-4-5" }, response: { content: "I", finishReason: "refusal" } },
  {
    match: { userMessage: "something bad", model: "gpt-5" },
    response: { status: 400, error: { message: "No", type: "invalid_request_error", code: "content_policy_violation" } },
  },
  { match: { userMessage: "something bad" }, response: { content: "I", finishReason: "content_filter" } },
  { ...words("break off"), response: { content: "This is a long answer that nobody will ever see the end of." }, truncateAfterChunks: 8, latency: 10 },
  { match: { userMessage: "what was interrupted" }, response: { content: "It was interrupted." } },
  { ...words("see this"), response: { content: "A picture." } },
  { ...words("Answer with the word OK."), response: { content: "OK" } },
  { match: { inputText: "the lake was cold" }, response: { embedding: [0.25, -0.5, 1] } },
  {
    match: { inputText: "of no such model" },
    response: { status: 404, error: { message: "there is none of that name", type: "not_found_error", code: "model_not_found" } },
  },
  failure("fail: key", 401, "invalid x-api-key", "authentication_error", "invalid_api_key"),
  failure("fail: credit", 402, "You have no credit left", "billing_error", "insufficient_quota"),
  failure("fail: often", 429, "Too many requests", "rate_limit_error", "rate_limit_exceeded", { retryAfter: 7 }),
  failure("fail: busy", 529, "Overloaded", "overloaded_error"),
  failure("fail: model", 404, "model: there is none of that name", "not_found_error", "model_not_found"),
  failure("fail: long", 400, "prompt is too long: 250000 tokens > 200000 maximum", "invalid_request_error", "context_length_exceeded"),
  failure("fail: odd", 418, "I am a teapot", "teapot_error"),
];

const mock = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 3, strict: true, logLevel: "silent" });
mock.addFixturesFromJSON(fixtures);
console.log(await mock.start());
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
