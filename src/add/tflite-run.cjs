/**
 * Runs a .tflite on LiteRT.js's own wasm in Node, in a process of its own, for its loader wants the globals of a worker.
 *
 *     node tflite-run.cjs job.json
 *
 * The job: { model, n, inputs: [{ dtype, shape, file }], out }. Inputs and outputs go by position. Writes `result.json` and
 * one file an output, all samples stacked, into `out`. The same job is what tflite_run.py takes.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { runInThisContext } = require('node:vm');

const ARRAYS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

async function main() {
  const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const entry = require.resolve('@litertjs/core');
  const folder = dirname(entry);
  // The build without relaxed SIMD: Node 20 has that behind a flag alone.
  const script = join(folder, '..', 'wasm', 'litert_wasm_compat_internal.js');
  Object.assign(globalThis, {
    self: globalThis,
    require,
    __dirname: dirname(script),
    __filename: script,
    navigator: globalThis.navigator ?? {},
    importScripts: () => runInThisContext(readFileSync(script, 'utf8'), { filename: script }),
  });
  const { Tensor, loadAndCompile, loadLiteRt } = await import('@litertjs/core');
  await loadLiteRt(script);
  const model = await loadAndCompile(new Uint8Array(readFileSync(job.model)), { accelerator: 'wasm' });
  const fields = job.inputs.map(({ dtype, shape, file }) => {
    const array = ARRAYS[dtype];
    if (array === undefined) throw new Error(`LiteRT.js has no inputs of ${dtype}`);
    const bytes = Uint8Array.from(readFileSync(file));
    return { shape, data: new array(bytes.buffer), size: shape.reduce((product, size) => product * size, 1) };
  });
  const outputs = [];
  for (let n = 0; n < job.n; n++) {
    const fed = fields.map(({ shape, data, size }) => new Tensor(data.slice(n * size, (n + 1) * size), shape));
    const results = await model.run(fed);
    for (const [index, tensor] of results.entries()) {
      const data = await tensor.data();
      const shape = [...tensor.type.layout.dimensions];
      outputs[index] ??= { dtype: tensor.type.dtype, shape, parts: [] };
      if (outputs[index].shape.join() !== shape.join())
        throw new Error(`the shape of output ${index} depends on the data`);
      outputs[index].parts.push(
        Buffer.from(Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))),
      );
      tensor.delete();
    }
    for (const tensor of fed) tensor.delete();
  }
  const described = outputs.map(({ dtype, shape, parts }, index) => {
    const file = join(job.out, `output-${index}.bin`);
    writeFileSync(file, Buffer.concat(parts));
    return { dtype, shape, file };
  });
  const { version } = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8'));
  const tool = 'LiteRT.js (wasm, in Node)';
  writeFileSync(join(job.out, 'result.json'), JSON.stringify({ tool, version, outputs: described }));
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
