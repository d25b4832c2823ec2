/**
 * The page for a person: choose a cell, run it, see the numbers. A runtime gets a page of its own (see api.ts), so a run
 * reloads the page with the cell in its address, which makes every run a link.
 */
import { runsOn } from '../src/protocol/artifact.js';
import type { Artifact, ModelCard } from '../src/protocol/card.js';
import { artifactSlug, targetSlug, type Target } from '../src/protocol/cell.js';
import type { Catalog } from '../src/protocol/catalog.js';
import type { Probe } from '../src/protocol/observation.js';
import { environment } from './environment.js';
import { probe } from './probes.js';
import { el, optionList } from './ui-dom.js';
import { runChosen, type Choice } from './ui-run.js';

export async function showControls(): Promise<void> {
  const app = document.querySelector('#app');
  if (app === null) return;
  const response = await fetch('/catalog.json');
  const catalog = (await response.json()) as Partial<Catalog>;
  if (catalog.models === undefined || catalog.models.length === 0) {
    app.replaceChildren(
      el('h1', {}, 'Plumbline harness'),
      el('p', {}, 'No models are served here. Start this page with: npm run serve'),
    );
    return;
  }
  await new Controls(catalog as Catalog, app).show();
}

class Controls {
  readonly #model = el('select', { id: 'model' });
  readonly #artifact = el('select', { id: 'artifact' });
  readonly #target = el('select', { id: 'target' });
  readonly #limit = el('input', { id: 'limit', type: 'number', min: '1', step: '1', value: '1000' });
  readonly #probe = el('p', { id: 'probe', role: 'status' });
  readonly #results = el('section', { id: 'results', 'aria-live': 'polite' });
  readonly #run = el('button', { type: 'submit' }, 'Run cell');
  readonly #asked = new URLSearchParams(location.search);

  constructor(
    private readonly catalog: Catalog,
    private readonly app: Element,
  ) {}

  async show(): Promise<void> {
    const form = el(
      'form',
      {},
      el('label', { for: 'model' }, 'Model'),
      this.#model,
      el('label', { for: 'artifact' }, 'Artifact'),
      this.#artifact,
      el('label', { for: 'target' }, 'Runtime and backend'),
      this.#target,
      el('label', { for: 'limit' }, 'Samples, at most'),
      this.#limit,
      this.#run,
      this.#probe,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#reloadWith(true);
    });
    this.#model.addEventListener('change', () => {
      this.#listArtifacts();
    });
    this.#artifact.addEventListener('change', () => {
      this.#listTargets();
    });
    this.#target.addEventListener('change', () => {
      void this.#showProbe();
    });
    this.app.replaceChildren(
      el(
        'header',
        {},
        el('h1', {}, 'Plumbline harness'),
        el('p', { class: 'environment' }, await describeEnvironment()),
      ),
      el('div', { class: 'columns' }, form, this.#results),
    );
    this.#model.replaceChildren(...optionList(this.catalog.models.map((card) => [card.name, card.title])));
    this.#take(this.#model, 'model');
    this.#limit.value = this.#asked.get('limit') ?? this.#limit.value;
    this.#listArtifacts();
    if (this.#asked.has('run')) await this.#runNow();
    else
      this.#results.replaceChildren(el('p', { class: 'empty' }, 'Choose a cell and run it: what it did appears here.'));
  }

  get #card(): ModelCard {
    return this.catalog.models.find((card) => card.name === this.#model.value) ?? (this.catalog.models[0] as ModelCard);
  }

  get #artifactChosen(): Artifact {
    return (
      this.#card.artifacts.find((artifact) => artifactSlug(artifact) === this.#artifact.value) ??
      (this.#card.artifacts[0] as Artifact)
    );
  }

  get #targets(): Target[] {
    const artifact = this.#artifactChosen;
    return this.catalog.targets[artifact.format].filter((target) => runsOn(artifact, target));
  }

  get #targetChosen(): Target | undefined {
    return this.#targets.find((target) => targetSlug(target) === this.#target.value);
  }

  #listArtifacts(): void {
    this.#artifact.replaceChildren(
      ...optionList(this.#card.artifacts.map((artifact) => [artifactSlug(artifact), artifactSlug(artifact)])),
    );
    this.#take(this.#artifact, 'artifact');
    this.#listTargets();
  }

  #listTargets(): void {
    this.#target.replaceChildren(
      ...optionList(this.#targets.map((target) => [targetSlug(target), targetSlug(target)])),
    );
    this.#take(this.#target, 'target');
    void this.#showProbe();
  }

  /** What the address asks for is chosen, where it is there. */
  #take(select: HTMLSelectElement, name: string): void {
    const wanted = this.#asked.get(name);
    if (wanted !== null && [...select.options].some((option) => option.value === wanted)) select.value = wanted;
  }

  async #showProbe(): Promise<void> {
    const target = this.#targetChosen;
    if (target === undefined) return;
    const found: Probe = await probe(target);
    this.#probe.className = found.available ? 'available' : 'unavailable';
    this.#probe.textContent = `${found.available ? 'Available' : 'Not in this browser'}: ${found.words}`;
    this.#run.disabled = !found.available;
  }

  #reloadWith(run: boolean): void {
    const wanted = new URLSearchParams({
      model: this.#model.value,
      artifact: this.#artifact.value,
      target: this.#target.value,
      limit: this.#limit.value,
      ...(run ? { run: '' } : {}),
    });
    location.search = wanted.toString();
  }

  async #runNow(): Promise<void> {
    const target = this.#targetChosen;
    const dataset = this.catalog.datasets[this.#card.dataset];
    if (target === undefined || dataset === undefined) return;
    const choice: Choice = {
      card: this.#card,
      artifact: this.#artifactChosen,
      target,
      dataset,
      limit: Number(this.#limit.value),
    };
    this.#run.disabled = true;
    await runChosen(choice, this.#results);
    this.#run.disabled = false;
  }
}

async function describeEnvironment(): Promise<string> {
  const found = await environment();
  const parts = [
    found.crossOriginIsolated ? 'cross-origin isolated' : 'not cross-origin isolated',
    `${String(found.hardwareConcurrency)} threads`,
    `WebGL: ${found.webglRenderer ?? 'none'}`,
    `WebGPU: ${found.webgpuAdapter ?? 'none'}`,
    `clock steps of ${(found.clockResolutionMs * 1000).toFixed(0)} µs`,
  ];
  return parts.join(' · ');
}
