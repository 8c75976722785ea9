// What a client must be able to do with a server, whichever SDK it is built on.
//
//   node PROGRAM URL API_KEY PLAN legacy|modern
//
// PLAN is a file: a JSON list of {"tool", "arguments", "write", "takes"} that names every tool. A step with "write": true
// must answer a preview, and is confirmed with its preview_id. One that "takes" a field sends that of the answer before.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import Ajv from 'ajv/dist/2020.js';

const REVISION = { legacy: '2025-11-25', modern: '2026-07-28' };
// Listed on every server, also where no step of the plan leaves it anything to do.
const KIT = /(^|_)get_job$/;
const CALL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The command line, with the plan read. */
export function invocation() {
  const [url, apiKey, planFile, era] = process.argv.slice(2);
  if (!REVISION[era]) throw new Error(`usage: ${process.argv[1]} URL API_KEY PLAN legacy|modern`);
  const plan = JSON.parse(readFileSync(planFile, 'utf8'));
  return { url, plan, era, headers: { Authorization: `Bearer ${apiKey}` } };
}

/** Runs `work`, prints its summary as one line of JSON, or says in one sentence what was wrong. */
export async function report(client, work) {
  try {
    console.log(JSON.stringify({ client, ...(await work()) }));
  } catch (error) {
    console.error(`${client}: ${error.message}`);
    process.exitCode = 1;
  }
}

export function checkRevision(era, version) {
  must(version === REVISION[era], `negotiated ${version}, not ${REVISION[era]}.`);
}

/** Every page of `listTools`, then every step of the plan with `callTool`; returns the figures for the summary. */
export async function exercise(plan, listTools, callTool) {
  const tools = new Map();
  let cursor;
  do {
    const page = await listTools(cursor ? { cursor } : undefined);
    for (const tool of page.tools) tools.set(tool.name, tool);
    cursor = page.nextCursor;
  } while (cursor);

  const used = new Set();
  const callIds = new Set();
  const call = async (tool, args) => {
    const result = await callTool({ name: tool.name, arguments: args });
    const callId = result._meta?.call_id;
    must(CALL_ID.test(callId) && !callIds.has(callId), `${tool.name} answered with the call_id ${callId}.`);
    callIds.add(callId);
    return checkAnswer(tool, result);
  };
  let answer = {};
  for (const { tool: name, arguments: planned, write = false, takes } of plan) {
    // A client that takes tasks for answers has waited for the result by itself.
    if (takes === 'job_id' && !(takes in answer) && answer.status === 'done') continue;
    must(!takes || takes in answer, `${name} takes ${takes}, which the answer before does not have.`);
    const args = takes ? { ...planned, [takes]: answer[takes] } : planned;
    const tool = tools.get(name);
    must(tool, `the plan calls ${name}, which the server does not list.`);
    must(tool.annotations?.readOnlyHint === !write, `${name} is announced as the opposite of what it does.`);
    used.add(name);
    answer = await call(tool, args);
    if (!write) continue;
    must(answer.status === 'preview' && answer.preview_id, `${name} writes, and its first answer is no preview.`);
    const confirmed = await call(tool, { ...args, preview_id: answer.preview_id });
    must(confirmed.status === 'applied', `${name} was confirmed, and its status is ${confirmed.status}.`);
    must(isDeepStrictEqual(confirmed.after, answer.after), `${name} did something else than its preview said.`);
    answer = confirmed;
  }
  const missed = [...tools.keys()].filter((name) => !used.has(name) && !KIT.test(name));
  must(missed.length === 0, `the plan never calls ${missed.join(', ')}.`);
  must(used.size > 0, 'the plan is empty.');
  return { tools: tools.size, calls: callIds.size };
}

function checkAnswer(tool, result) {
  const text = result.content?.[0]?.text;
  must(result.isError === false, `${tool.name} answered an error: ${text}`);
  must(tool.outputSchema, `${tool.name} has no outputSchema.`);
  must(result.structuredContent, `${tool.name} answered without structuredContent.`);
  must(isDeepStrictEqual(JSON.parse(text), result.structuredContent), `${tool.name} says one thing as text, another as JSON.`);
  // The names of formats that Rust's schemas use (int64, uint32) are not in the standard, and only hints.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(tool.outputSchema);
  must(validate(result.structuredContent), `${tool.name} broke its outputSchema: ${ajv.errorsText(validate.errors)}.`);
  return result.structuredContent;
}

function must(holds, sentence) {
  if (!holds) throw new Error(sentence);
}
