/**
 * Measures one artifact on the PC: started by native-timing.ts, told what to do in one message, answers with one and
 * ends. The loops that take timings are the page's own.
 */
import { readFile } from 'node:fs/promises';
import type * as Ort from 'onnxruntime-node';
import { calibrate } from '../../harness-page/measure/calibrate.js';
import { takeSeries } from '../../harness-page/measure/series.js';
import { peakDuring, processMemory } from '../gather/memory.js';
import { toErrorRecord } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import { toOrtTensor } from '../protocol/ort-tensors.js';
import type { MemoryPoint, MemoryReading, PageMemory, Series } from '../protocol/performance.js';
import type { NativeReply, NativeRequest } from './native-timing.js';

process.once('message', (request: NativeRequest) => {
  void answer(request).then((reply) => {
    process.send?.(reply, () => process.exit());
  });
});

async function answer(request: NativeRequest): Promise<NativeReply> {
  try {
    return { ok: true, visit: await measure(request) };
  } catch (thrown) {
    return { ok: false, error: toErrorRecord(thrown, 'E_BASELINE', 'run') };
  }
}

async function measure(request: NativeRequest): Promise<Extract<NativeReply, { ok: true }>['visit']> {
  const { file, single, threads, settings, batches } = request;
  const memory: MemoryReading[] = [];
  const read = async (point: MemoryPoint): Promise<void> => {
    if (request.memory) memory.push({ point, page: heap(), ...(await processMemory([process.pid])) });
  };
  await read('empty');
  const before = await calibrate(settings.calibrations);

  const { value: ort, ms: runtimeLoadMs } = await timed(() => import('onnxruntime-node'));
  const { value: bytes, ms: modelFetchMs } = await timed(() => readFile(file));
  const options: Ort.InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // What fails is thrown, and told where it belongs.
    logSeverityLevel: 4,
  };
  const { value: session, ms: sessionMs } = await timed(() =>
    single ? ort.InferenceSession.create(bytes, options) : ort.InferenceSession.create(file, options),
  );
  await read('loaded');

  const inferOn = (inputs: readonly TensorData[]): (() => Promise<unknown>) => {
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(ort, input)]));
    return () => session.run(feeds);
  };
  const [first, ...larger] = batches;
  if (first === undefined) throw new Error('there is nothing to infer');
  const infer = inferOn(first.inputs);
  const series = { ...settings.series, readBack: true };
  const latency = await takeSeries(infer, { ...series, batchSize: first.size });
  if (request.memory) {
    const peak = await peakDuring(() => processMemory([process.pid]), inferFor(infer, settings.peakMs));
    memory.push({ point: 'peak', page: heap(), ...peak });
  }
  const throughput: Series[] = [];
  for (const { size, inputs } of larger)
    throughput.push(await takeSeries(inferOn(inputs), { ...series, batchSize: size }));

  const { ms: disposeMs } = await timed(() => session.release());
  await read('disposed');
  const after = await calibrate(settings.calibrations);
  const firstInferenceMs = latency.warmUpMs[0] ?? 0;
  return {
    phases: { runtimeLoadMs, modelFetchMs, sessionMs, firstInferenceMs, disposeMs },
    latency,
    ...(throughput.length === 0 ? {} : { throughput }),
    calibration: { before, after },
    ...(request.memory ? { memory } : {}),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const from = performance.now();
  const value = await work();
  return { value, ms: performance.now() - from };
}

async function inferFor(infer: () => Promise<unknown>, ms: number): Promise<void> {
  const until = performance.now() + ms;
  do await infer();
  while (performance.now() < until);
}

const heap = (): PageMemory => ({ jsHeapBytes: process.memoryUsage().heapUsed });
