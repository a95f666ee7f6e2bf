// Whether to write to both clusters, from the signed posts of one exporter or more: a reference receiver.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

type key struct{ Source, Target, Topic string } // an empty topic stands for the whole mirror
type word struct {                              // what one instance last said of one topic
	key
	Instance    string
	Sequence    int64
	Engaged     *bool
	GeneratedAt float64 `json:"generated_at"`
	ValidUntil  float64 `json:"valid_until"`
	expiresAt   time.Time
}

var (
	lock           sync.Mutex
	words, engaged = map[[4]string]word{}, map[key]*bool{}
	secret         = []byte(os.Getenv("FALLBACK_SECRET"))
)

func take(w word) { // unless a newer word of the same instance came before it
	id := [4]string{w.Source, w.Target, w.Topic, w.Instance}
	if last, known := words[id]; known && w.Sequence <= last.Sequence {
		return
	}
	// The sender's clock may differ from ours: only how long its word holds is taken from it.
	w.expiresAt = time.Now().Add(time.Duration((w.ValidUntil - w.GeneratedAt) * float64(time.Second)))
	words[id] = w
	isAny, isKnown := false, true
	for _, said := range words {
		if said.key == w.key {
			isAny, isKnown = isAny || said.Engaged != nil && *said.Engaged, isKnown && said.Engaged != nil
		}
	}
	if isAny || isKnown { // released only when all say so; who does not know changes nothing
		engaged[w.key] = &isAny
	}
}

func receive(response http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body) // verified before anything in it is believed
	w, sum := word{}, hmac.New(sha256.New, secret)
	sum.Write(body)
	expected := "sha256=" + hex.EncodeToString(sum.Sum(nil))
	lock.Lock()
	defer lock.Unlock()
	if path := strings.Split(request.URL.Path, "/"); len(path) > 3 { // GET /source/target/topic
		state, whole := engaged[key{path[1], path[2], path[3]}], engaged[key{path[1], path[2], ""}]
		if state == nil || whole != nil && *whole {
			state = whole
		}
		expired := []string{} // keep the state, and wake somebody
		for _, said := range words {
			if time.Now().After(said.expiresAt) {
				expired = append(expired, said.Instance)
			}
		}
		json.NewEncoder(response).Encode(map[string]interface{}{"engaged": state, "expired": expired})
	} else if !hmac.Equal([]byte(expected), []byte(request.Header.Get("X-Kafka-Mirror-Signature"))) || len(secret) == 0 || json.Unmarshal(body, &w) != nil {
		response.WriteHeader(http.StatusForbidden)
	} else {
		take(w)
	}
}

func main() { panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(receive))) }
