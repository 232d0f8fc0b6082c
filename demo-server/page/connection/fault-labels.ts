import type { FaultPart, Faults } from '../../faults/switches.ts'

/** How a fault is called on its switch, and what it does, for whoever chose it. */
interface FaultLabel {
  readonly label: string
  readonly effect: string
}

type LabelsOf<Part extends FaultPart> = { readonly [Fault in Faults[Part]]: FaultLabel }

export const FAULT_LABELS: { readonly [Part in FaultPart]: LabelsOf<Part> } = {
  websocket: {
    ok: { label: 'OK', effect: '' },
    refuse: { label: 'Refuse', effect: 'A proxy answers the handshake with 502.' },
    hang: { label: 'Hang', effect: 'The handshake is never answered.' },
    silence: { label: 'Silence', effect: 'Sockets stay open, and nothing passes.' },
    drop: { label: 'Drop', effect: 'Sockets are accepted, then cut.' },
    strip: { label: 'Strip', effect: 'A proxy forgets the Upgrade header.' },
  },
  sse: {
    ok: { label: 'OK', effect: '' },
    buffer: { label: 'Buffer', effect: 'A proxy keeps the body until the stream ends.' },
    mute: { label: 'Mute', effect: 'Headers pass, the body is swallowed.' },
    withhold: { label: 'Withhold', effect: 'Not even the headers pass.' },
  },
  poll: {
    ok: { label: 'OK', effect: '' },
    slow: { label: 'Slow', effect: 'Answers come 800 ms late.' },
    lossy: { label: 'Lossy', effect: 'Each third answer is lost.' },
  },
  send: {
    ok: { label: 'OK', effect: '' },
    block: { label: 'Block', effect: 'Sending beside a stream or a poll is answered with 502.' },
  },
}
