const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})
const whole = new Intl.NumberFormat()

export const formatTime = (at: number): string => clock.format(at)
export const formatCount = (count: number): string => whole.format(count)
