/** The harness page: installs its witnesses, then offers itself to a driver and to a person. */
import { call } from './bridge.js';
import { drainConsole, installConsole } from './console.js';
import { installEvidence } from './evidence.js';

installConsole();
installEvidence();
window.plumbline = { call, drainConsole };

// A driver steers through the bridge and needs no controls; a person does.
if (!new URLSearchParams(location.search).has('driven')) {
  void import('./ui.js').then(({ showControls }) => showControls());
}
