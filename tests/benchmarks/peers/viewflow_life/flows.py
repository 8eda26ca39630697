"""A life of eight Handle nodes."""

from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.models import Process


class Life(flow.Flow):
    """Each node is completed by a call, as a view of the application would."""

    process_class = Process

    start = flow.StartHandle().Next(this.step1)
    step1 = flow.Handle().Next(this.step2)
    step2 = flow.Handle().Next(this.step3)
    step3 = flow.Handle().Next(this.step4)
    step4 = flow.Handle().Next(this.step5)
    step5 = flow.Handle().Next(this.step6)
    step6 = flow.Handle().Next(this.step7)
    step7 = flow.Handle().Next(this.step8)
    step8 = flow.Handle().Next(this.end)
    end = flow.End()
