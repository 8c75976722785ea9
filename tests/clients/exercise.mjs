// What a client must be able to do with a server, whichever SDK it is built on.
//
//   node PROGRAM URL API_KEY PLAN [legacy|auto]
//
// PLAN is a file, or "-" for standard input: a JSON list of {"tool", "arguments", "write"}. A step with "write": true
// must answer a preview, and is confirmed with its preview_id. An argument {"$from": "other_tool.field"} takes the value
// that an earlier step answered in that field.

import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';

const REVISION = { legacy: /^2025-/, auto: /^2026-07-28$/ };

/** The command line, with the plan read. */
export function invocation() {
  const [url, apiKey, planFile = '-', era = 'legacy'] = process.argv.slice(2);
  if (!url || !apiKey || !REVISION[era]) throw new Error(`usage: ${process.argv[1]} URL API_KEY PLAN [legacy|auto]`);
  const plan = JSON.parse(readFileSync(planFile === '-' ? 0 : planFile, 'utf8'));
  return { url, apiKey, plan, era, headers: { Authorization: `Bearer ${apiKey}` } };
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
  if (!REVISION[era].test(version ?? '')) throw new Error(`negotiated ${version}, which is not a ${era} revision.`);
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
  if (tools.size === 0) throw new Error('the server lists no tools.');

  const answers = new Map();
  let calls = 0;
  const call = async (tool, args) => {
    calls += 1;
    const answer = checkAnswer(tool, await callTool({ name: tool.name, arguments: args }));
    answers.set(tool.name, answer);
    return answer;
  };
  for (const step of plan) {
    const tool = tools.get(step.tool);
    if (!tool) throw new Error(`the plan calls ${step.tool}, which the server does not list.`);
    const args = resolve(step.arguments ?? {}, answers);
    const answer = await call(tool, args);
    if (step.write) {
      if (!answer.preview_id) throw new Error(`${tool.name} writes, and its first answer has no preview_id.`);
      await call(tool, { ...args, preview_id: answer.preview_id });
    }
  }
  const missed = [...tools.keys()].filter((name) => !answers.has(name));
  if (missed.length > 0) throw new Error(`the plan never calls ${missed.join(', ')}.`);
  return { tools: tools.size, calls };
}

function checkAnswer(tool, result) {
  if (result.isError) throw new Error(`${tool.name} answered an error: ${result.content?.[0]?.text}`);
  if (!tool.outputSchema) throw new Error(`${tool.name} has no outputSchema.`);
  if (result.structuredContent === undefined) throw new Error(`${tool.name} answered without structuredContent.`);
  // The names of formats that Rust's schemas use (int64, uint32) are not in the standard, and only hints.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(tool.outputSchema);
  if (!validate(result.structuredContent)) {
    throw new Error(`${tool.name} broke its outputSchema: ${ajv.errorsText(validate.errors)}.`);
  }
  return result.structuredContent;
}

function resolve(value, answers) {
  if (Array.isArray(value)) return value.map((item) => resolve(item, answers));
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.$from === 'string') {
    const [tool, field] = value.$from.split('.');
    const found = answers.get(tool)?.[field];
    if (found === undefined) throw new Error(`the plan wants ${value.$from}, and no earlier step answered that.`);
    return found;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, answers)]));
}
