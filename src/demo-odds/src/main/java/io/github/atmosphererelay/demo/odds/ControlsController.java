/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.demo.odds;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * Passes the page's buttons on to the process that has started this one. The nodes listen
 * on this machine only; and a page of another origin cannot send the header without being
 * asked for it beforehand, which is refused.
 */
@RestController
@ConditionalOnWebApplication
class ControlsController {

	private static final String HEADER = "X-Odds-Demo";

	private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

	private final String name;

	private final String url;

	private final String token;

	ControlsController(@Value("${atmosphere.cluster.node-name}") String name,
			@Value("${odds.control.url:http://127.0.0.1:1}") String url,
			@Value("${odds.control.token:}") String token) {
		this.name = name;
		this.url = url;
		this.token = token;
	}

	@GetMapping("/api/state")
	ResponseEntity<String> state(@RequestHeader(HEADER) String page) {
		return pass(request("/state").GET());
	}

	@PostMapping("/api/reducers/{reducer:[a-z0-9-]+}/{command:start|kill}")
	ResponseEntity<String> reducer(@PathVariable String reducer, @PathVariable String command,
			@RequestHeader(HEADER) String page) {
		return pass(request("/reducers/" + reducer + "/" + command).POST(HttpRequest.BodyPublishers.noBody()));
	}

	@PostMapping("/api/rate/{rate:[0-9]{1,5}}")
	ResponseEntity<String> rate(@PathVariable String rate, @RequestHeader(HEADER) String page) {
		return pass(request("/rate/" + rate).POST(HttpRequest.BodyPublishers.noBody()));
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create(this.url + path))
			.timeout(Duration.ofSeconds(4))
			.header("Authorization", "Bearer " + this.token);
	}

	private ResponseEntity<String> pass(HttpRequest.Builder request) {
		try {
			HttpResponse<String> answer = this.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
			return ResponseEntity.status(answer.statusCode())
				.contentType(MediaType.APPLICATION_JSON)
				.header("Cache-Control", "no-store")
				.header("X-Node", this.name)
				.body(answer.body());
		}
		catch (IOException ex) {
			return ResponseEntity.status(HttpStatus.BAD_GATEWAY).build();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return ResponseEntity.status(HttpStatus.BAD_GATEWAY).build();
		}
	}

}
