// Manual pages in the macros of man(7).

/** Text as it stands, wherever it stands. */
export function escape(text) {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll(/^[.']/gm, '\\&$&')
}

/** One manual page, written from its top to its end. */
export class Page {
  #text

  /** @param about `name`, `section`, `title`: what the page is of, in a few words; `version`, `date` */
  constructor({ name, section, title, version, date }) {
    const head = [name.toUpperCase(), section, date, `Spillway ${version}`, 'Spillway'].map(quoted)
    this.#text = `.TH ${head.join(' ')}\n.SH NAME\n${escape(name)} \\- ${escape(title)}\n`
  }

  section(name) {
    return this.#add(`.SH ${quoted(name.toUpperCase())}`)
  }

  subsection(name) {
    return this.#add(`.SS ${quoted(name)}`)
  }

  /** Paragraphs, with an empty line between two. */
  text(text) {
    return this.#add(`.PP\n${escape(text.trim()).replaceAll(/\n\n+/g, '\n.PP\n')}`)
  }

  /** A term in bold and what is said of it. */
  item(term, text) {
    return this.#add(`.TP\n\\fB${escape(term)}\\fR\n${escape(text)}`)
  }

  /** Lines as they are: commands, a file. */
  lines(text) {
    return this.#add(`.PP\n.RS 4\n.nf\n${escape(text.trimEnd())}\n.fi\n.RE`)
  }

  toString() {
    return this.#text
  }

  #add(text) {
    this.#text += `${text}\n`
    return this
  }
}

const quoted = (text) => `"${escape(`${text}`).replaceAll('"', '\\(dq')}"`
