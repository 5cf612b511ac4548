/** Red, green and blue, each from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** The text colour of a coloured button. */
export const WHITE: Rgb = [255, 255, 255]

/** A colour from `#0b57d0` or `#05d`, also without the `#`; null for any other text. */
export function parseHexColor(text: string): Rgb | null {
  const [, short, long] = /^#?(?:([0-9a-f]{3})|([0-9a-f]{6}))$/i.exec(text) ?? []
  const digits = long ?? short?.replace(/./g, '$&$&')
  if (digits === undefined) return null
  const at = (place: number) => Number.parseInt(digits.slice(place, place + 2), 16)
  return [at(0), at(2), at(4)]
}

/** The colour as CSS writes it. */
export const hexOf = (color: Rgb): string =>
  `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`

/** The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [a, b] = [luminanceOf(one), luminanceOf(other)]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

/** The relative luminance of a colour, from 0 to 1 (WCAG 2.2). */
function luminanceOf(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** The colour itself, or mixed with just enough white for this contrast to a dark background. */
export function lightened(color: Rgb, background: Rgb, contrast: number): Rgb {
  const mixed = (share: number): Rgb => {
    const mix = (part: number) => Math.round(part + (255 - part) * share)
    return [mix(color[0]), mix(color[1]), mix(color[2])]
  }
  for (let share = 0; share < 1; share += 0.02) {
    if (contrastOf(mixed(share), background) >= contrast) return mixed(share)
  }
  return WHITE
}
