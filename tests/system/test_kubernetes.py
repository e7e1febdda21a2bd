# SPDX-License-Identifier: BSD-2-Clause
"""docker/kubernetes: each manifest by the models of Kubernetes' own client,
the configuration in them by the program, and what must fit together."""

import glob
import os
import re

import pytest
import yaml

import configured
import harness
import tool

pytestmark = pytest.mark.alone

models = pytest.importorskip(
    "kubernetes.client.models", reason="python3-kubernetes is not installed")

FOLDER = os.path.join(harness.REPO, "docker", "kubernetes")
MANIFESTS = sorted(glob.glob(os.path.join(FOLDER, "*.yaml")))
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float),
         "object": object, "datetime": str}


def load(name):
    with open(os.path.join(FOLDER, name + ".yaml"), encoding="utf-8") as f:
        return yaml.safe_load(f)


def walk(kind, value, where, found):
    """Adds what is wrong with value, which has to be of that kind."""
    inner = re.fullmatch(r"list\[(.*)\]|dict\(str, (.*)\)", kind)
    if inner and inner[1]:
        if not isinstance(value, list):
            found.append("%s: no list" % where)
            return
        for i, item in enumerate(value):
            walk(inner[1], item, "%s[%d]" % (where, i), found)
    elif inner:
        if not isinstance(value, dict):
            found.append("%s: no map" % where)
            return
        for key, item in value.items():
            walk(inner[2], item, "%s.%s" % (where, key), found)
    elif kind in PLAIN:
        # a port may have a name: IntOrString is "object" in the models
        good = isinstance(value, PLAIN[kind]) and not (
            kind == "int" and isinstance(value, bool))
        if not good:
            found.append("%s: %r is no %s" % (where, value, kind))
    else:
        walk_model(getattr(models, kind), value, where, found)


def walk_model(model, value, where, found):
    if not isinstance(value, dict):
        found.append("%s: no map" % where)
        return
    names = {json: python for python, json in model.attribute_map.items()}
    for key, item in value.items():
        if key not in names:
            found.append("%s.%s: unknown key" % (where, key))
        else:
            walk(model.openapi_types[names[key]], item,
                 "%s.%s" % (where, key), found)
    try:  # what is required, and enumerations, the constructor knows
        model(**{names[k]: v for k, v in value.items() if k in names})
    except ValueError as error:
        found.append("%s: %s" % (where, error))


def problems(manifest):
    group, _, version = manifest["apiVersion"].rpartition("/")
    assert group in ("", "apps", "policy")
    found = []
    walk(version[0].upper() + version[1:] + manifest["kind"], manifest,
         manifest["kind"], found)
    return found


def test_all_kinds_are_there():
    assert {load(os.path.basename(p)[:-5])["kind"] for p in MANIFESTS} == {
        "ConfigMap", "PodDisruptionBudget", "Secret", "Service",
        "StatefulSet"}


@pytest.mark.parametrize("path", MANIFESTS, ids=os.path.basename)
def test_a_manifest_fits_the_models(path):
    assert problems(load(os.path.basename(path)[:-5])) == []


@pytest.mark.parametrize("change, wrong", [
    (lambda m: m["spec"].update(replica=1), "StatefulSet.spec.replica: unk"),
    (lambda m: m["spec"].update(replicas="1"), "StatefulSet.spec.replicas: '1"),
    (lambda m: m["spec"].pop("selector"), "StatefulSet.spec: Invalid value"),
    (lambda m: m["spec"]["template"]["spec"]["containers"][0].pop("name"),
     "StatefulSet.spec.template.spec.containers[0]: Invalid value"),
    (lambda m: m["spec"]["template"]["spec"].update(containers={}),
     "StatefulSet.spec.template.spec.containers: no list"),
    (lambda m: m["spec"]["template"]["spec"]["containers"][0][
        "securityContext"].update(runAsNonRoot="yes"),
     "StatefulSet.spec.template.spec.containers[0].securityContext."
     "runAsNonRoot: 'yes' is no bool")])
def test_the_walk_finds_what_is_wrong(change, wrong):
    manifest = load("statefulset")
    change(manifest)
    found = problems(manifest)
    assert [p for p in found if p.startswith(wrong)], found


def test_the_configuration_is_right_and_fits_the_pod(tmp_path):
    """Checked by the program, with the environment of the pod."""
    config = tmp_path / "synclined.yaml"
    config.write_text(load("configmap")["data"]["synclined.yaml"])
    pod = load("statefulset")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    env = {e["name"]: e.get("value", "pod-0") for e in container["env"]}
    assert env["SYNCLINE_CONFIG"] == "/etc/syncline/synclined.yaml"
    env["SYNCLINE_CONFIG"] = str(config)
    assert harness.run("-t", env=env) == (0, "%s: ok\n" % config, "")
    said = yaml.safe_load(config.read_text())
    ports = {(p["protocol"].lower(), p["containerPort"]): p["name"]
             for p in container["ports"]}
    for url in said["listen"]:
        scheme, _, port = re.fullmatch(
            r"(\w+)://(.*):(\d+)", url["url"]).groups()
        assert ("udp" if scheme == "udp" else "tcp", int(port)) in ports
    assert ports["tcp", int(said["http"].rpartition(":")[2])] == "http"
    mounts = [m["mountPath"] for m in container["volumeMounts"]]
    secret = load("statefulset")["spec"]["template"]["spec"]["volumes"]
    at = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    assert any(v["name"] == "tls" and v["secret"]["optional"] for v in secret)
    (tls,) = [u for u in said["listen"] if u["url"].startswith("tls:")]
    assert tls["optional"] is True
    for key in "certificate", "key", "ca":
        assert os.path.dirname(tls[key]) == at["tls"]
    for output in said["output"]:
        assert any(output["path"].startswith(m + "/") for m in mounts)


def test_it_takes_a_secret_as_kubernetes_lays_it_out(tmp_path, collect):
    """Names are links through ..data, files are root's and the group's; a
    renewed secret is another folder, to which ..data is moved."""
    def fill(version):
        folder = tmp_path / version
        tool.must("cert", "init", "--dir", folder, "syncline")
        for name in "collector.pem", "collector.key", "ca.pem":
            (folder / name).chmod(0o440)
        (tmp_path / "..new").symlink_to(version)
        (tmp_path / "..new").rename(tmp_path / "..data")

    text = load("configmap")["data"]["synclined.yaml"]
    for old, new in (("*:5514", "127.0.0.1:0"), ("*:6514", "127.0.0.1:0"),
                     ("*:8514", "127.0.0.1:0"),
                     ("/var/log/syncline", str(tmp_path / "log")),
                     ("/etc/syncline-tls", str(tmp_path))):
        assert old in text
        text = text.replace(old, new)
    f = configured.start(collect, tmp_path, text)
    f.c.wait_says("collector.pem is not there")
    for name in "collector.pem", "collector.key", "ca.pem":
        (tmp_path / name).symlink_to(os.path.join("..data", name))
    fill("..1")
    f.reload()
    f.c.wait_says("listening on tls://")
    fill("..2")
    f.c.wait_says("configuration reloaded (generation 3)")


def test_names_that_refer_to_each_other():
    pod = load("statefulset")["spec"]["template"]
    labels = pod["metadata"]["labels"]
    container = pod["spec"]["containers"][0]
    ports = {p["name"] for p in container["ports"]}
    service = load("service")
    assert service["spec"]["selector"] == labels
    assert load("poddisruptionbudget")["spec"]["selector"][
        "matchLabels"] == labels
    assert load("statefulset")["spec"]["serviceName"] == \
        service["metadata"]["name"]
    assert {p["targetPort"] for p in service["spec"]["ports"]} <= ports
    for probe in "startupProbe", "livenessProbe", "readinessProbe":
        assert container[probe]["httpGet"]["port"] in ports
    volumes = {v["name"]: v for v in pod["spec"]["volumes"]}
    claims = {c["metadata"]["name"]
              for c in load("statefulset")["spec"]["volumeClaimTemplates"]}
    assert {m["name"] for m in container["volumeMounts"]} == \
        set(volumes) | claims
    assert volumes["config"]["configMap"]["name"] == \
        load("configmap")["metadata"]["name"]
    assert volumes["tls"]["secret"]["secretName"] == \
        load("secret")["metadata"]["name"]


def test_the_pod_is_as_the_image_wants_it():
    with open(os.path.join(harness.REPO, "docker", "Dockerfile"),
              encoding="utf-8") as f:
        user = re.search(r"^USER (\d+):(\d+)$", f.read(), re.M)
    spec = load("statefulset")["spec"]["template"]["spec"]
    context = spec["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (
        int(user[1]), int(user[2]))
    assert context["runAsNonRoot"] is True
    inner = spec["containers"][0]["securityContext"]
    assert inner["readOnlyRootFilesystem"] is True
    assert inner["allowPrivilegeEscalation"] is False
    assert inner["capabilities"] == {"drop": ["ALL"]}
