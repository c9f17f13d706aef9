package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// decoder decodes as the API server does with --validate=strict: a field the type does not have, or one
// given twice, is an error.
var decoder = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme} {
		utilruntime.Must(add(scheme))
	}
	return json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
}()

// object is a rendered manifest.
type object struct {
	kind, name string
	value      runtime.Object
}

// render renders an overlay with kustomize, and decodes every object.
func render(t *testing.T, overlay string) []object {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(repository, "deploy/kubernetes/overlays", overlay))
	if err != nil {
		t.Fatal(err)
	}
	var all []object
	for _, r := range made.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			t.Errorf("%s: %s %s: %v", overlay, r.GetKind(), r.GetName(), err)
			continue
		}
		all = append(all, object{kind: r.GetKind(), name: r.GetName(), value: value})
	}
	return all
}

// pods are the pods that objects make, by the name of the object.
func pods(all []object) map[string]corev1.PodTemplateSpec {
	found := map[string]corev1.PodTemplateSpec{}
	for _, o := range all {
		switch v := o.value.(type) {
		case *appsv1.Deployment:
			found[o.name] = v.Spec.Template
		case *batchv1.CronJob:
			found[o.name] = v.Spec.JobTemplate.Spec.Template
		case *batchv1.Job:
			found[o.name] = v.Spec.Template
		}
	}
	return found
}

// overlays are the overlays there are, with the kinds each must have beside those of the base.
var overlays = map[string][]string{
	"nightly": {"CronJob", "PersistentVolumeClaim", "ConfigMap"},
	"fleet":   {"Deployment", "PodDisruptionBudget", "Service", "ConfigMap"},
	"migrate": {"Job", "ConfigMap"},
	"once":    {"Job", "ConfigMap"},
}

func TestOverlays(t *testing.T) {
	t.Parallel()
	dirs, err := os.ReadDir(filepath.Join(repository, "deploy/kubernetes/overlays"))
	if err != nil || len(dirs) != len(overlays) {
		t.Errorf("%d overlays, %d are tested; %v", len(dirs), len(overlays), err)
	}
	for overlay, kinds := range overlays {
		t.Run(overlay, func(t *testing.T) {
			t.Parallel()
			all := render(t, overlay)
			for _, kind := range append(kinds, "ServiceAccount", "NetworkPolicy") {
				if !slices.ContainsFunc(all, func(o object) bool { return o.kind == kind }) {
					t.Errorf("no %s", kind)
				}
			}
			found := pods(all)
			if len(found) == 0 {
				t.Fatal("no pod")
			}
			for name, pod := range found {
				checkPod(t, name, pod.Spec)
				checkReferences(t, name, pod.Spec, all)
			}
		})
	}
}

// checkPod holds a pod against the level "restricted" of the pod security standards, and more.
func checkPod(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	s := pod.SecurityContext
	if s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("%s: it may run as root, or without seccomp", name)
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken || pod.ServiceAccountName != "accountsync" {
		t.Errorf("%s: it gets a token for the Kubernetes API", name)
	}
	if pod.TerminationGracePeriodSeconds == nil || *pod.TerminationGracePeriodSeconds < 40 {
		t.Errorf("%s: an interrupted run needs 35 seconds to end in order", name)
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s: its container may do too much: %+v", name, s)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s: no limit of memory or no request of CPU", name)
		}
		for _, e := range c.Env {
			if e.ValueFrom == nil && strings.Contains(strings.ToUpper(e.Name), "SECRET") {
				t.Errorf("%s: a secret in a variable: %s", name, e.Name)
			}
		}
		checkArgs(t, name, c.Args)
	}
}

// checkReferences looks up what a pod names: volumes of mounts, ConfigMaps of the overlay.
func checkReferences(t *testing.T, name string, pod corev1.PodSpec, all []object) {
	t.Helper()
	has := func(kind, name string) bool {
		return slices.ContainsFunc(all, func(o object) bool { return o.kind == kind && o.name == name })
	}
	volumes, mounted := map[string]bool{}, map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil && !has("ConfigMap", v.ConfigMap.Name) {
			t.Errorf("%s: no ConfigMap %s", name, v.ConfigMap.Name)
		}
		if v.Secret != nil && (v.Secret.DefaultMode == nil || *v.Secret.DefaultMode != 0o400) {
			t.Errorf("%s: the secret %s can be read by others", name, v.Secret.SecretName)
		}
	}
	for _, c := range pod.Containers {
		for _, m := range c.VolumeMounts {
			mounted[m.Name] = true
			if !volumes[m.Name] {
				t.Errorf("%s: mount %s has no volume", name, m.Name)
			}
		}
		for _, e := range c.EnvFrom {
			if e.ConfigMapRef != nil && !has("ConfigMap", e.ConfigMapRef.Name) {
				t.Errorf("%s: no ConfigMap %s", name, e.ConfigMapRef.Name)
			}
		}
		for _, arg := range c.Args {
			_, path, _ := strings.Cut(arg, "=/")
			dir, _, _ := strings.Cut(path, "/")
			if path != "" && !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/"+dir }) {
				t.Errorf("%s: %s lies on no mount", name, arg)
			}
		}
	}
	for v := range volumes {
		if !mounted[v] {
			t.Errorf("%s: volume %s is mounted nowhere", name, v)
		}
	}
}

// TestStrict: the decoder sees a field that no type has, one given twice, and one in the wrong case.
func TestStrict(t *testing.T) {
	t.Parallel()
	const head = "{apiVersion: apps/v1, kind: Deployment, spec: "
	if _, _, err := decoder.Decode([]byte(head+"{replicas: 3}}"), nil, nil); err != nil {
		t.Error(err)
	}
	for _, spec := range []string{"{replica: 3}", "{Replicas: 3}", "{replicas: three}", "{replicas: 3, replicas: 4}", "{template: {spec: {containers: [{image: a, arg: [x]}]}}}"} {
		if _, _, err := decoder.Decode([]byte(head+spec+"}"), nil, nil); err == nil {
			t.Errorf("no error: %s", spec)
		}
	}
}

// TestSelectors: what services, budgets and policies select are the pods of their overlay, and no others.
func TestSelectors(t *testing.T) {
	t.Parallel()
	for overlay := range overlays {
		all := render(t, overlay)
		for _, o := range all {
			var selected map[string]string
			switch v := o.value.(type) {
			case *corev1.Service:
				selected = v.Spec.Selector
			case *policyv1.PodDisruptionBudget:
				selected = v.Spec.Selector.MatchLabels
			case *appsv1.Deployment:
				selected = v.Spec.Selector.MatchLabels
			case *networkingv1.NetworkPolicy:
				selected = v.Spec.PodSelector.MatchLabels
			default:
				continue
			}
			if len(selected) == 0 {
				t.Errorf("%s: %s %s selects every pod of the namespace", overlay, o.kind, o.name)
			}
			for pod, template := range pods(all) {
				for k, v := range selected {
					if template.Labels[k] != v {
						t.Errorf("%s: %s %s does not select %s, which has no label %s=%s", overlay, o.kind, o.name, pod, k, v)
					}
				}
			}
		}
	}
}

// TestSettings: the program takes the settings that each overlay mounts, with the variables of its pods.
func TestSettings(t *testing.T) {
	t.Parallel()
	for overlay := range overlays {
		dir, env := t.TempDir(), []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
		var settings []string
		for _, o := range render(t, overlay) {
			config, ok := o.value.(*corev1.ConfigMap)
			if !ok {
				continue
			}
			for name, text := range config.Data {
				if filepath.Ext(name) != ".yaml" {
					env = append(env, name+"="+text)
					continue
				}
				settings = append(settings, filepath.Join(dir, name))
				if err := os.WriteFile(settings[len(settings)-1], []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(settings) == 0 {
			t.Errorf("%s: no settings", overlay)
		}
		for _, file := range settings {
			check := exec.Command(program, "config", "check", "--config", file)
			check.Env = env
			if out, err := check.CombinedOutput(); err != nil || overlay != "nightly" && !strings.Contains(string(out), "postgres://") {
				t.Errorf("%s: config check: %v\n%s", overlay, err, out)
			}
		}
	}
}
