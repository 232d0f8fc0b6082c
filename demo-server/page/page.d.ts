/// <reference types="vite/client" />
import 'react'

declare module 'react' {
  interface CSSProperties {
    /** The rung that carries the traffic, from 0. */
    '--rung'?: number
  }
}
