"""SpiffWorkflow: eight manual tasks in a row. Each transition reads the workflow from its row, completes the task and writes the row in one commit.

The library has no store of its own: the state is its own JSON in a table of ours, without an event and without an outbox.
Usage: FOLDER INSTANCES. Prints one JSON object: transitions and seconds. SQLite in WAL with synchronous=FULL.
"""

import json
import sqlite3
import sys
import time
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer

TRANSITIONS = 8
_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def _diagram():
    nodes = ["start", *(f"step{n}" for n in range(1, TRANSITIONS + 1)), "end"]
    kinds = ["startEvent", *(["manualTask"] * TRANSITIONS), "endEvent"]
    inner = "".join(f'<bpmn:{kind} id="{node}"/>' for kind, node in zip(kinds, nodes, strict=True))
    inner += "".join(f'<bpmn:sequenceFlow id="to_{to}" sourceRef="{source}" targetRef="{to}"/>' for source, to in pairwise(nodes))
    return f'<bpmn:definitions xmlns:bpmn="{_BPMN}"><bpmn:process id="life" isExecutable="true">{inner}</bpmn:process></bpmn:definitions>'


def main():
    folder, instances = Path(sys.argv[1]), int(sys.argv[2])
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(_diagram().encode())))
    spec = parser.get_spec("life")
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    db = sqlite3.connect(folder / "spiffworkflow.db", isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    db.execute("create table workflow(id integer primary key, document text)")
    for instance in range(instances):
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        db.execute("insert into workflow values(?, ?)", (instance, serializer.serialize_json(workflow)))
    begun = time.perf_counter()
    for instance in range(instances):
        for _ in range(TRANSITIONS):
            db.execute("begin immediate")
            [(document,)] = db.execute("select document from workflow where id = ?", (instance,)).fetchall()
            workflow = serializer.deserialize_json(document)
            [task] = workflow.get_tasks(state=TaskState.READY, manual=True)
            task.data["actor"] = "seat-017"
            task.run()
            workflow.do_engine_steps()
            db.execute("update workflow set document = ? where id = ?", (serializer.serialize_json(workflow), instance))
            db.execute("commit")
    seconds = time.perf_counter() - begun
    assert workflow.is_completed()
    print(json.dumps({"transitions": instances * TRANSITIONS, "seconds": seconds}))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
