#!/usr/bin/env python3
"""convert.py CHECKLISTS.json [--force]

Writes pipelines/documents/ID.toml and pipelines/permits/ID.toml once, from the raw material (document types
with their anchors, permits with their basis). What it wrote is the committed data and is edited by hand
since: a file that exists is left alone unless --force is given. Lists of documents are not converted: each
line needs its rank and its condition by hand."""
import json, pathlib, re, sys


def quote(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def signs(anchors):
    for anchor in (a.strip() for a in anchors.split(';')):
        # "P<" and "MRZ line…" are marks, "…" runs are descriptions: no words of a page.
        if not anchor or anchor == '-' or '<' in anchor or anchor.startswith('MRZ') or '…' in anchor:
            continue
        title = anchor.isupper() and len(anchor.split()) > 1
        yield f'[[signs]]\nany = [{quote(anchor)}]\nweight = {4 if title else 2}\n' + ('title = true\n' if title else '')


def document(d):
    head = f'id = {quote(d["id"])}\nlabel = {quote(d["label"])}\n'
    return '\n'.join([head, *signs(d.get('anchors', ''))])


def names(label):
    inner = re.findall(r'«\s*([^»]+?)\s*»', label)
    return [*inner, re.sub(r'^(CST/CSP|CST|CSP)\s+', '', label).replace('«', '').replace('»', '').strip()]


def permit(p):
    found = ', '.join(quote(' '.join(n.split())) for n in dict.fromkeys(names(p['label'])))
    return f'id = {quote(p["id"])}\nlabel = {quote(p["label"])}\nbasis = {quote(p["basis"])}\nnames = [{found}]\n'


def write(path, text, force):
    if path.exists() and not force:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')
    return 1


def main(argv):
    paths = [a for a in argv if not a.startswith('--')]
    if len(paths) != 1:
        sys.stderr.write(__doc__ + '\n')
        return 2
    raw = json.loads(pathlib.Path(paths[0]).read_text(encoding='utf-8'))
    here, force = pathlib.Path(__file__).resolve().parent, '--force' in argv
    wrote = sum(write(here / 'documents' / f'{d["id"]}.toml', document(d), force) for d in raw['documents'].values())
    wrote += sum(write(here / 'permits' / f'{p["id"]}.toml', permit(p), force) for p in raw['permits'])
    sys.stderr.write(f'{wrote} files written\n')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
