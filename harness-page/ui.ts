export async function showControls(): Promise<void> {}
