import { answerMediaCall } from '../media-host/answer-media-call.ts';
import { forwardReverse } from '../media-host/forward-reverse.ts';
import { prepare } from '../media-host/prepare.ts';
import { tools } from '../media-host/tools.ts';

// The media host: a child process that opens what users sent, for one call, and ends with it.
answerMediaCall({ tools, prepare, forwardReverse });
