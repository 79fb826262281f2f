/** Whether a word names a track (an id or a shot document) and not a clip. */
export function isTrack(word: string): boolean {
  return /^trk_[0-9a-zA-Z]*$/.test(word) || word.toLowerCase().endsWith('.roto.json');
}
