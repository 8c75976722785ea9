// Compares JSON with the types that Stripe publishes: every required field is there, every value is of its type, and no field
// is there that Stripe does not have.

import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('shapes.d.ts', import.meta.url));
const program = ts.createProgram([root], {
  strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [],
});
const checker = program.getTypeChecker();
const source = program.getSourceFile(root);
const kinds = checker.getDeclaredTypeOfSymbol(
  checker.getExportsOfModule(checker.getSymbolAtLocation(source)).find((symbol) => symbol.name === 'Kinds'),
);

/** What is wrong with an object of the given kind, as lines of text. */
export function complaints(kind, value) {
  const property = kinds.getProperty(kind);
  return property ? compare(checker.getTypeOfSymbol(property), value, kind) : [`${kind}: there is no such kind`];
}

function compare(type, value, path) {
  if (type.isUnion()) {
    // The complaints of the member that comes nearest.
    const objects = type.types.filter((member) => member.flags & ts.TypeFlags.Object);
    const members = value !== null && typeof value === 'object' && objects.length > 0 ? objects : type.types;
    const all = members.map((member) => compare(member, value, path));
    return all.reduce((best, next) => (next.length < best.length ? next : best));
  }
  const wrong = (what) => [`${path}: ${JSON.stringify(value)?.slice(0, 60)} is not ${what}`];
  const { flags } = type;
  // `OtherString` is how Stripe's types say that other words may come.
  if (type.isIntersection() && typeof value === 'string') return [];
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return [];
  if (type.isStringLiteral() || type.isNumberLiteral()) return value === type.value ? [] : wrong(JSON.stringify(type.value));
  if (flags & ts.TypeFlags.BooleanLiteral) return checker.typeToString(type) === String(value) ? [] : wrong('that boolean');
  if (flags & ts.TypeFlags.String) return typeof value === 'string' ? [] : wrong('a text');
  if (flags & ts.TypeFlags.Number) return typeof value === 'number' ? [] : wrong('a number');
  if (flags & ts.TypeFlags.Null) return value === null ? [] : wrong('null');
  if (flags & ts.TypeFlags.Undefined) return value === undefined ? [] : wrong('absent');
  if (type.symbol?.name === 'Decimal') return typeof value === 'string' ? [] : wrong('a decimal');
  if (checker.isArrayType(type)) {
    if (!Array.isArray(value)) return wrong('a list');
    const [element] = checker.getTypeArguments(type);
    return value.flatMap((entry, index) => compare(element, entry, `${path}[${index}]`));
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return wrong(checker.typeToString(type));
  return compareObject(type, value, path);
}

function compareObject(type, value, path) {
  const found = [];
  const properties = checker.getPropertiesOfType(type);
  const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  for (const property of properties) {
    const optional = property.flags & ts.SymbolFlags.Optional;
    const name = property.name;
    // Stripe's client adds it.
    if (name === 'lastResponse') continue;
    if (!(name in value)) {
      if (!optional) found.push(`${path}.${name}: is missing`);
    } else {
      found.push(...compare(checker.getTypeOfSymbol(property), value[name], `${path}.${name}`));
    }
  }
  for (const name of Object.keys(value)) {
    if (!properties.some((property) => property.name === name) && !index) found.push(`${path}.${name}: Stripe has no such field`);
  }
  return found;
}
