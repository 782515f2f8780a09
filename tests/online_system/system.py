"""The online system in small: it mirrors every dossier by the feed and instructs each, by post or online, in the order of filing. Written
from the published description alone."""
from client import Refused

STEPS = {"a_instruire": "en_instruction", "pieces_demandees": "sans_suite", "accorde": "titre_remis"}


class OnlineSystem:
    def __init__(self, client):
        self.client, self.cursor = client, None
        # Dossier -> its last state as read; every sequence of the feed that was seen.
        self.mirror, self.seen, self.conflicts = {}, [], 0

    def follow(self):
        """Takes over what changed since the last time; gives how many changes there were."""
        count, more = 0, True
        while more:
            part, _ = self.client.listChanges(cursor=self.cursor, limit=200)
            self.seen += [change["sequence"] for change in part["changes"]]
            for dossier in dict.fromkeys(change["dossier"] for change in part["changes"]):
                self.mirror[dossier], _ = self.client.getDossier(id=dossier)
            self.cursor, more, count = part["cursor"], part["more"], count + len(part["changes"])
        return count

    def listed(self, **which):
        """Every dossier of a list, in its order."""
        cursor = None
        while True:
            part, _ = self.client.listDossiers(cursor=cursor, limit=200, **which)
            yield from part["dossiers"]
            cursor = part["next"]
            if cursor is None:
                return

    def instruct(self, dossier):
        """Takes steps with one dossier until none is left. An incomplete one is asked for its papers and then set aside."""
        while True:
            body, headers = self.client.getDossier(id=dossier)
            state = body["instruction"]
            if state in STEPS:
                step = STEPS[state]
            elif state == "en_instruction":
                step = "accorde" if body["state"] == "complet" else "pieces_demandees"
            else:
                return
            try:
                self.client.instructDossier(id=dossier, body={"instruction": step}, headers={"If-Match": headers["ETag"]})
            except Refused as refusal:
                # Somebody else was faster: look again.
                if refusal.status != 412:
                    raise
                self.conflicts += 1
