/** Whether a word names a track (an id, a task of a server, or a shot document) and not a clip. */
export function isTrack(word: string): boolean {
  return isTrackId(word) || word.toLowerCase().endsWith('.roto.json');
}

/** Whether a word is the id of a track of this machine, or of a task of a server. */
export function isTrackId(word: string): boolean {
  return /^(trk|tsk)_[0-9a-zA-Z]*$/.test(word);
}
