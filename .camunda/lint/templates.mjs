// Validates the element templates against the schema that Camunda Modeler uses.
import { readdir, readFile } from 'node:fs/promises';
import { validateAllZeebe } from '@bpmn-io/element-templates-validator';

const folder = new URL('../element-templates/', import.meta.url);
let count = 0, faults = 0;
for (const name of (await readdir(folder)).filter(n => n.endsWith('.json')).sort()) {
  const templates = JSON.parse(await readFile(new URL(name, folder)));
  for (const { valid, object, errors } of validateAllZeebe(templates).results) {
    count++;
    if (valid) continue;
    faults++;
    for (const e of errors) console.error(`${name}: ${object.id}: ${e.dataPointer ?? ''} ${e.message}`);
  }
}
console.log(`${count} templates, ${faults} faulty`);
process.exitCode = faults || !count ? 1 : 0;
